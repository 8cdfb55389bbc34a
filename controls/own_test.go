package controls

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestOwnFolderAddsToWhatIsThereAndSaysSo(t *testing.T) {
	ctx := context.Background()
	shipped, err := Load(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(shipped.Changes) != 0 {
		t.Errorf("the shipped catalogue changes itself: %v", shipped.Changes[0])
	}
	dir := folder(t, map[string]string{
		"frameworks/itil.yaml":  "framework: itil\nedition: \"4\"\nadd_entries:\n  - {id: own-practice, parent: general, title: Our practice, certainty: S, kind: practice}\n",
		"frameworks/house.yaml": "framework: house\nedition: \"1\"\nname: House rules\nsource: our own\nlicence: our own\nentries:\n  - {id: H1, title: Rules, certainty: S}\n  - {id: H1.1, parent: H1, title: Four eyes, certainty: S}\n",
		"crosswalk/house.yaml": "crosswalk:\n  - {from: \"house:1/H1.1\", to: \"iso20000-1:2018/8.5.1.3\", relation: subset, why: ours is narrower}\n" +
			"  - {from: \"fitsm-1:3.0/GR3.1\", to: \"iso20000-1:2018/4.2\", relation: supports, why: we read it otherwise}\n",
		"controls/ours.yaml": "controls:\n  - {id: chg-separation-of-duties, maps_to_also: [\"house:1/H1.1\"], tolerance: 1 %}\n",
		"tests/chg-in-window.yaml": "control: chg-in-window\ncases:\n  - {name: none, expect: {status: not_assessed, missing: the actual start}}\n" +
			"  - {name: a, given: {ticket: [{ticket_id: a}]}, expect: {status: not_assessed, missing: the actual start}}\n",
	})
	cat, err := Load(ctx, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	old, k := shipped.Control("chg-separation-of-duties"), cat.Control("chg-separation-of-duties")
	if len(k.MapsTo) != len(old.MapsTo)+1 || k.MapsTo[len(old.MapsTo)] != "house:1/H1.1" || k.SHA256() == old.SHA256() {
		t.Errorf("%v", k.MapsTo)
	}
	itil, before := cat.Framework("itil:4"), shipped.Framework("itil:4")
	if e, ok := itil.Entry("own-practice"); !ok || e.Parent != "general" || len(itil.Entries) != len(before.Entries)+1 || itil.Title != before.Title {
		t.Errorf("%+v", e)
	}
	if _, ok := before.Entry("own-practice"); ok {
		t.Error("the shipped framework was changed")
	}
	if len(cat.Crosswalk) != len(shipped.Crosswalk)+1 {
		t.Errorf("%d rows, %d before", len(cat.Crosswalk), len(shipped.Crosswalk))
	}
	var said []string
	for _, c := range cat.Changes {
		said = append(said, fmt.Sprintf("%s:%d %s %s %s", strings.TrimPrefix(c.File, dir+"/"), c.Line, c.Kind, c.ID, c.Words()))
	}
	want := []string{
		"crosswalk/house.yaml:2 crosswalk house:1/H1.1 subset iso20000-1:2018/8.5.1.3 added",
		"crosswalk/house.yaml:3 crosswalk fitsm-1:3.0/GR3.1 supports iso20000-1:2018/4.2 changed: it was intersects",
		"frameworks/house.yaml:1 framework house:1 added",
		"frameworks/itil.yaml:1 framework itil:4 changed: entries added: own-practice",
		"controls/ours.yaml:2 control chg-separation-of-duties changed: maps_to_also, tolerance",
		"tests/chg-in-window.yaml:1 test chg-in-window changed: all cases",
	}
	if got := strings.Join(said, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("%s", got)
	}
	if x := cat.ChangesOf("control", "chg-separation-of-duties"); len(x) != 1 || x[0].Added {
		t.Errorf("%v", x)
	}
}
