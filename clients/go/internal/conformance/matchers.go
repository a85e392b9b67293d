package conformance

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const shownBytes = 300

var quantity = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?s?$`)

// operators are the matchers whose name begins with $. Each says where and how a value differs from
// what it wants.
var operators map[string]func(wanted, value any, path string) string

func init() {
	operators = map[string]func(wanted, value any, path string) string{
		"$equals":   equals,
		"$regex":    matchesRegex,
		"$count":    counts,
		"$contains": contains,
		"$each":     each,
		"$at_least": func(wanted, value any, path string) string { return inRange(wanted, nil, value, path) },
		"$at_most":  func(wanted, value any, path string) string { return inRange(nil, wanted, value, path) },
		"$between":  between,
		"$any":      anyOf,
		"$all":      allOf,
		"$not":      not,
	}
}

// Mismatch says where and how a value differs from what a matcher wants; it is empty when it does
// not. nil is what is absent. The matcher has passed [CheckMatcher].
func Mismatch(matcher, value any, path string) string {
	switch matcher := matcher.(type) {
	case map[string]any:
		for name, wanted := range matcher {
			if strings.HasPrefix(name, "$") {
				return operators[name](wanted, value, path)
			}
		}
		return fields(matcher, value, path)
	case []any:
		return elements(matcher, value, path)
	}
	if value == nil && isDefault(matcher) || reflect.DeepEqual(matcher, value) {
		return ""
	}
	return message(path, shown(matcher), value)
}

// CheckMatcher refuses a matcher that there is not, wherever in an expectation it stands.
func CheckMatcher(matcher any) error {
	switch matcher := matcher.(type) {
	case []any:
		for _, item := range matcher {
			if err := CheckMatcher(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, item := range matcher {
			if strings.HasPrefix(name, "$") && (len(matcher) != 1 || operators[name] == nil) {
				return fmt.Errorf("there is no matcher %s", shown(matcher))
			}
			if name == "$equals" {
				continue
			}
			if err := CheckMatcher(item); err != nil {
				return err
			}
		}
	}
	return nil
}

func fields(matcher map[string]any, value any, path string) string {
	object, ok := value.(map[string]any)
	if !ok {
		return message(path, "an object", value)
	}
	for name, wanted := range matcher {
		if found := Mismatch(wanted, object[name], join(path, name)); found != "" {
			return found
		}
	}
	return ""
}

func elements(matcher []any, value any, path string) string {
	items, ok := value.([]any)
	if !ok && value != nil {
		return message(path, "an array", value)
	}
	if len(items) != len(matcher) {
		return message(path, fmt.Sprintf("%d elements", len(matcher)), items)
	}
	for index, wanted := range matcher {
		if found := Mismatch(wanted, items[index], join(path, strconv.Itoa(index))); found != "" {
			return found
		}
	}
	return ""
}

func equals(wanted, value any, path string) string {
	if reflect.DeepEqual(wanted, value) {
		return ""
	}
	return message(path, "exactly "+shown(wanted), value)
}

func matchesRegex(wanted, value any, path string) string {
	pattern, _ := wanted.(string)
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return err.Error()
	}
	if text, ok := value.(string); ok && expression.MatchString(text) {
		return ""
	}
	return message(path, fmt.Sprintf("text with %q", pattern), value)
}

func counts(wanted, value any, path string) string {
	var size int
	switch value := value.(type) {
	case nil:
	case string:
		size = utf8.RuneCountInString(value)
	case []any:
		size = len(value)
	case map[string]any:
		size = len(value)
	default:
		return message(path, "something to count", value)
	}
	return Mismatch(wanted, float64(size), path+" (length)")
}

func contains(wanted, value any, path string) string {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if Mismatch(wanted, item, "") == "" {
				return ""
			}
		}
	case string:
		if part, ok := wanted.(string); ok && strings.Contains(value, part) {
			return ""
		}
	}
	return message(path, "something with "+shown(wanted), value)
}

func each(wanted, value any, path string) string {
	items, ok := value.([]any)
	if !ok && value != nil {
		return message(path, "an array", value)
	}
	for index, item := range items {
		if found := Mismatch(wanted, item, join(path, strconv.Itoa(index))); found != "" {
			return found
		}
	}
	return ""
}

func between(wanted, value any, path string) string {
	ends, ok := wanted.([]any)
	if !ok || len(ends) != 2 {
		return "$between wants two ends"
	}
	return inRange(ends[0], ends[1], value, path)
}

func inRange(least, most, value any, path string) string {
	if value == nil {
		value = 0.0
	}
	came, ok := size(value)
	if !ok {
		return message(path, "a number", value)
	}
	if low, ok := size(least); ok && came < low {
		return message(path, "at least "+shown(least), value)
	}
	if high, ok := size(most); ok && came > high {
		return message(path, "at most "+shown(most), value)
	}
	return ""
}

func anyOf(wanted, value any, path string) string {
	choices, _ := wanted.([]any)
	for _, matcher := range choices {
		if Mismatch(matcher, value, path) == "" {
			return ""
		}
	}
	return message(path, "one of "+shown(wanted), value)
}

func allOf(wanted, value any, path string) string {
	parts, _ := wanted.([]any)
	for _, matcher := range parts {
		if found := Mismatch(matcher, value, path); found != "" {
			return found
		}
	}
	return ""
}

func not(unwanted, value any, path string) string {
	if Mismatch(unwanted, value, path) != "" {
		return ""
	}
	return message(path, "anything but "+shown(unwanted), value)
}

// isDefault says whether ProtoJSON leaves such a value out.
func isDefault(matcher any) bool {
	return matcher == nil || matcher == "" || matcher == 0.0 || matcher == false
}

// size reads a number, a string of digits or a duration; an end that is nil is none.
func size(value any) (float64, bool) {
	switch value := value.(type) {
	case float64:
		return value, true
	case string:
		if quantity.MatchString(value) {
			number, err := strconv.ParseFloat(strings.TrimSuffix(value, "s"), 64)
			return number, err == nil
		}
	}
	return 0, false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func message(path, wanted string, value any) string {
	if path == "" {
		path = "the result"
	}
	came := "nothing"
	if value != nil {
		came = shown(value)
	}
	return fmt.Sprintf("%s: expected %s, got %s", path, wanted, came)
}

func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if len(text) > shownBytes {
		return string(text[:shownBytes]) + "..."
	}
	return string(text)
}
