package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskproof/model/strictyaml"
)

// TestPresetsAreWhole: the file is read without a problem, every preset answers every question with a known answer, and every
// fact carries its source.
func TestPresetsAreWhole(t *testing.T) {
	out := map[string]Preset{}
	if err := strictyaml.Decode("presets.yaml", presetFile, &out); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(PresetNames()); got != "[glpi jira servicenow zammad znuny]" {
		t.Errorf("presets %s", got)
	}
	for name, p := range Presets() {
		c := p.Choices
		for _, v := range []struct {
			key, value string
			known      []string
		}{
			{"reopen", c.Reopen, Reopens}, {"goal_change", c.GoalChange, GoalChanges}, {"response_on_hold", c.OnHold, OnHolds},
			{"time_zone", c.ZoneChoice, ZoneChoices}, {"day_unit", c.DayUnit, DayUnits}, {"open_overdue", c.OpenOverdue, OpenOverdues},
		} {
			if !slices.Contains(v.known, v.value) {
				t.Errorf("%s: %s: %q", name, v.key, v.value)
			}
			for _, k := range v.known {
				if ChoiceWords(v.key, k) == "" {
					t.Errorf("%s: %s has no words", v.key, k)
				}
			}
		}
		if c.Pause == "" || p.Title == "" || len(p.NotTheSame) == 0 {
			t.Errorf("%s is not whole: %+v", name, p)
		}
	}
	fact := regexp.MustCompile(`^    \w+: .*#.*\[[SM]\]`)
	for i, line := range strings.Split(string(presetFile), "\n") {
		if strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "    -") && !fact.MatchString(line) {
			t.Errorf("presets.yaml:%d says nothing about its source: %s", i+1, line)
		}
	}
}

// TestWhoWinsOverAPreset: a definition over its preset, its preset over the one for all, that over the default.
func TestWhoWinsOverAPreset(t *testing.T) {
	c, err := Parse("deskproof.yaml", []byte(`organization: {name: X}
sla_preset: jira
sla:
  - {id: a, goals: [{within: 1d}]}
  - {id: b, preset: servicenow, reopen: cumulative, goals: [{within: 1d}]}
  - {id: c, preset: none, goals: [{within: 1d}]}
  - {id: d, preset: glpi, pause: "FALSE", goals: [{within: 1d}]}
  - {id: e, preset: zammad, clock: response, goals: [{within: 1d}]}
  - {id: f, preset: zammad, clock: response, pause: "FALSE", goals: [{within: 1d}]}
  - {id: g, preset: znuny, clock: response, pause: team = 'x', goals: [{within: 1d}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"jira each_cycle status = 'on_hold' runs working_day", "servicenow cumulative status = 'on_hold' runs 24_hours", " last_closure  runs working_day",
		"glpi cumulative  runs working_day", "zammad first_closure status = 'on_hold' stops 24_hours", "zammad first_closure  runs 24_hours", "znuny first_closure team = 'x' stops 24_hours",
	} {
		s := c.SLA[i]
		if got := strings.Join([]string{s.Preset, s.Reopen, s.Pause, s.OnHold, s.DayUnit}, " "); got != want {
			t.Errorf("%s: got %q, want %q", s.ID, got, want)
		}
	}
}

const document = "../../docs/service-level-clock.md"

// presetTable is what the documentation says about presets; it is made from them.
func presetTable() string {
	var b strings.Builder
	names := PresetNames()
	b.WriteString("| `preset` |")
	for _, n := range names {
		fmt.Fprintf(&b, " `%s` |", n)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(names)) + "\n| tool |")
	for _, n := range names {
		fmt.Fprintf(&b, " %s |", Presets()[n].Title)
	}
	for _, row := range []struct {
		key  string
		from func(PresetChoices) string
	}{
		{"reopen", func(c PresetChoices) string { return c.Reopen }}, {"goal_change", func(c PresetChoices) string { return c.GoalChange }},
		{"pause", func(c PresetChoices) string { return c.Pause }}, {"response_on_hold", func(c PresetChoices) string { return c.OnHold }},
		{"time_zone", func(c PresetChoices) string { return c.ZoneChoice }}, {"day_unit", func(c PresetChoices) string { return c.DayUnit }},
		{"open_overdue", func(c PresetChoices) string { return c.OpenOverdue }},
	} {
		fmt.Fprintf(&b, "\n| `%s` |", row.key)
		for _, n := range names {
			v := "`" + row.from(Presets()[n].Choices) + "`"
			if v == "`FALSE`" {
				v = "never"
			}
			fmt.Fprintf(&b, " %s |", v)
		}
	}
	b.WriteString("\n\nWhat the tools do and a preset cannot say:\n")
	for _, n := range names {
		fmt.Fprintf(&b, "\n- %s.", Presets()[n].Title)
		for _, s := range Presets()[n].NotTheSame {
			b.WriteString(" " + s)
		}
	}
	return b.String() + "\n"
}

// TestDocumentationOfPresetsIsTrue compares the documentation with the presets; DESKPROOF_GOLDEN=write writes it anew.
func TestDocumentationOfPresetsIsTrue(t *testing.T) {
	file := filepath.FromSlash(document)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- presets: made from model/config/presets.yaml -->\n", "<!-- end of presets -->"
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the marks of the table are missing")
	}
	want := head + begin + presetTable() + end + tail
	if want != string(text) && os.Getenv("DESKPROOF_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("the table of presets is not what the presets say; DESKPROOF_GOLDEN=write writes it anew")
	}
}

// TestTheDocumentNamesEveryChoice: every key and value of a choice stands in the documentation, and its examples are valid.
func TestTheDocumentNamesEveryChoice(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash(document))
	if err != nil {
		t.Fatal(err)
	}
	for key, values := range choiceWords {
		for value := range values {
			if !strings.Contains(string(text), "`"+key+"`") || !strings.Contains(string(text), "`"+value+"`") {
				t.Errorf("%s: %s is not documented", key, value)
			}
		}
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 3 {
		t.Fatalf("only %d examples", len(blocks))
	}
	for _, b := range blocks {
		if _, err := Parse(document, []byte("organization: {name: Example}\n"+b[1])); err != nil {
			t.Errorf("%v\nin\n%s", err, b[1])
		}
	}
}
