// Package conformance runs the scenarios that all clients have in common with the Go client. The
// repository's conformance/README.md is the specification.
package conformance

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	variable      = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}`)
	wholeVariable = regexp.MustCompile(`^\$\{([a-z][a-z0-9_]*)\}$`)
)

// Substitute returns a value with every ${name} in its strings replaced; keys stay as they are.
func Substitute(value any, variables map[string]any) (any, error) {
	switch value := value.(type) {
	case string:
		return substituteText(value, variables)
	case []any:
		found := make([]any, len(value))
		for index, item := range value {
			replaced, err := Substitute(item, variables)
			if err != nil {
				return nil, err
			}
			found[index] = replaced
		}
		return found, nil
	case map[string]any:
		found := make(map[string]any, len(value))
		for key, item := range value {
			replaced, err := Substitute(item, variables)
			if err != nil {
				return nil, err
			}
			found[key] = replaced
		}
		return found, nil
	}
	return value, nil
}

func substituteText(text string, variables map[string]any) (any, error) {
	if whole := wholeVariable.FindStringSubmatch(text); whole != nil {
		return known(whole[1], variables)
	}
	var failure error
	replaced := variable.ReplaceAllStringFunc(text, func(match string) string {
		value, err := known(match[2:len(match)-1], variables)
		if err == nil {
			match, err = asText(value)
		}
		if err != nil {
			failure = err
		}
		return match
	})
	return replaced, failure
}

// Find returns what a path leads to: names and indexes, joined by dots.
func Find(value any, path string) (any, error) {
	if path == "" {
		return value, nil
	}
	for part := range strings.SplitSeq(path, ".") {
		next, ok := inside(value, part)
		if !ok {
			return nil, fmt.Errorf("path %q leads nowhere: there is no %q", path, part)
		}
		value = next
	}
	return value, nil
}

// Capture returns what a capture says to take: a path, or a path and an expression with a group.
func Capture(value any, source any) (any, error) {
	if path, ok := source.(string); ok {
		return Find(value, path)
	}
	fields, _ := source.(map[string]any)
	path, _ := fields["path"].(string)
	pattern, _ := fields["regex"].(string)
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	found, err := Find(value, path)
	if err != nil {
		return nil, err
	}
	text, _ := found.(string)
	groups := expression.FindStringSubmatch(text)
	if len(groups) < 2 {
		return nil, fmt.Errorf("%q is not found at %q", pattern, path)
	}
	return groups[1], nil
}

func inside(value any, part string) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		found, ok := value[part]
		return found, ok
	case []any:
		index, err := strconv.Atoi(part)
		if index < 0 {
			index += len(value)
		}
		if err != nil || index < 0 || index >= len(value) {
			return nil, false
		}
		return value[index], true
	}
	return nil, false
}

func known(name string, variables map[string]any) (any, error) {
	value, ok := variables[name]
	if !ok {
		return nil, fmt.Errorf("there is no variable %q", name)
	}
	return value, nil
}

func asText(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case bool:
		return strconv.FormatBool(value), nil
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("only text, numbers and booleans can be put into a longer text")
}
