package conformance

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

// cases are those that the matchers of every language's runner agree on.
type cases struct {
	Matchers []struct {
		Value   any
		Matcher any
		Matches bool
	}
	InvalidMatchers []any `json:"invalid_matchers"`
	Variables       []struct {
		Variables map[string]any
		Value     any
		Becomes   any
		Fails     bool
	}
	Paths []struct {
		Value   any
		Path    string
		Regex   string
		LeadsTo any `json:"leads_to"`
		Fails   bool
	}
}

func load(t *testing.T) cases {
	t.Helper()
	text, err := os.ReadFile("../../../../conformance/matchers.json")
	if err != nil {
		t.Fatal(err)
	}
	var found cases
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Matchers) == 0 || len(found.Paths) == 0 || len(found.Variables) == 0 {
		t.Fatal("there are no cases")
	}
	return found
}

func TestMatchers(t *testing.T) {
	for _, each := range load(t).Matchers {
		found := Mismatch(each.Matcher, each.Value, "")
		if (found == "") != each.Matches {
			t.Errorf("%s and %s: %q", shown(each.Matcher), shown(each.Value), found)
		}
	}
}

func TestMatchersThatThereAreNot(t *testing.T) {
	all := load(t)
	for _, matcher := range all.InvalidMatchers {
		if CheckMatcher(matcher) == nil {
			t.Errorf("%s was accepted", shown(matcher))
		}
	}
	for _, each := range all.Matchers {
		if err := CheckMatcher(each.Matcher); err != nil {
			t.Error(err)
		}
	}
}

func TestVariables(t *testing.T) {
	for _, each := range load(t).Variables {
		found, err := Substitute(each.Value, each.Variables)
		if (err != nil) != each.Fails || !each.Fails && !reflect.DeepEqual(found, each.Becomes) {
			t.Errorf("%s becomes %s, %v", shown(each.Value), shown(found), err)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, each := range load(t).Paths {
		var source any = each.Path
		if each.Regex != "" {
			source = map[string]any{"path": each.Path, "regex": each.Regex}
		}
		found, err := Capture(each.Value, source)
		if (err != nil) != each.Fails || !each.Fails && !reflect.DeepEqual(found, each.LeadsTo) {
			t.Errorf("%q of %s leads to %s, %v", each.Path, shown(each.Value), shown(found), err)
		}
	}
}
