package rest_test

import (
	"strings"
	"testing"

	"deskproof/collectors/rest"
)

func TestRecordsAreCutAndAddedTo(t *testing.T) {
	only := func(record string) ([]byte, error) { return rest.Only("people", []byte(record), "id", "name") }
	with := func(value string) func(string) ([]byte, error) {
		return func(record string) ([]byte, error) {
			return rest.WithMember("people", []byte(record), "of \"x\"", []byte(value))
		}
	}
	for name, c := range map[string]struct {
		do           func(string) ([]byte, error)
		record, want string
		wrong        string // part of the error
	}{
		"only":             {do: only, record: `{"name":"Ann","id":7,"mail":"ann@example.org"}`, want: `{"id":7,"name":"Ann"}`},
		"none of them":     {do: only, record: `{"mail":"ann@example.org"}`, want: `{}`},
		"a list":           {do: only, record: `[1]`, wrong: "people: a record is no object"},
		"null":             {do: only, record: `null`, wrong: "people: a record is null"},
		"cut off":          {do: only, record: `{"id":`, wrong: "people: a record is no object"},
		"added":            {do: with(`[1]`), record: `{"id":7}`, want: `{"of \"x\"":[1],"id":7}`},
		"added to nothing": {do: with(`1`), record: ` {}`, want: `{"of \"x\"":1}`},
		"added to blanks":  {do: with(`1`), record: `{ }`, want: `{"of \"x\"":1 }`},
		"added to a text":  {do: with(`1`), record: `"x"`, wrong: "people: a record is no object"},
		"added to null":    {do: with(`1`), record: `null`, wrong: "people: a record is null"},
		"nothing added":    {do: with(``), record: `{"id":7}`, wrong: `people: what a record shall hold as of "x" is no JSON`},
		"more than added":  {do: with(`1,"id":8`), record: `{"id":7}`, wrong: "is no JSON"},
	} {
		got, err := c.do(c.record)
		switch {
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: the error is %v, want one with %q", name, err, c.wrong)
		case c.wrong == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.wrong == "" && string(got) != c.want:
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
