package zendesk

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"deskproof/collectors/rest"
)

// merges finds into which ticket each ticket went that was closed by merging. The export says only that it was.
func (w *walk) merges(ctx context.Context) error {
	merged, err := w.Keys(ctx, "ticket", `payload LIKE '%"closed_by_merge"%'`)
	if err != nil {
		return err
	}
	known, err := w.Keys(ctx, "merge", "")
	if err != nil {
		return err
	}
	merged = slices.DeleteFunc(merged, func(id string) bool { return !w.Full && slices.Contains(known, id) })
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(merged), w.target, func(id, into string) error {
		if into == "gone" {
			return w.Delete("ticket", id)
		}
		payload, err := json.Marshal(map[string]string{"id": id, "into": into})
		if err != nil {
			return err
		}
		return w.PutRaw("merge", id, "tickets/"+id+"/audits.json", payload)
	})
	if err != nil {
		return err
	}
	lost, err := w.Keys(ctx, "merge", "(payload->>'$.into') = ''")
	if err == nil && len(lost) > 0 {
		w.Warn("%d tickets were closed by merging, and Zendesk does not say into which ones; they count as cancelled: %s", len(lost), rest.Some(lost))
	}
	return err
}

var mention = regexp.MustCompile(`#(\d+)`)

// target is the ticket that another one was merged into, by its audits: what stands as the source of a change of kind merge,
// or else the number in the closing comment. Empty = not told.
func (w *walk) target(ctx context.Context, id string) (string, error) {
	var byVia, byText string
	other := func(into *string, v string) {
		if *into == "" && v != "" && v != id {
			*into = v
		}
	}
	q := rest.Request{Path: "tickets/" + url.PathEscape(id) + "/audits.json"}
	for p, err := range w.Client.Pages(ctx, q, rest.List{Records: "audits", Style: rest.Link{Field: "next_page"}}) {
		switch s := rest.Status(err); {
		case s == 404:
			return "gone", nil
		case s == 403:
			return "", nil
		case err != nil:
			return "", err
		}
		for _, audit := range p.Items {
			type via struct {
				Source struct {
					Rel      string
					From, To struct {
						TicketID json.Number `json:"ticket_id"`
					}
				}
			}
			var a struct {
				Via    via
				Events []struct {
					Via   via
					Type  string
					Body  string
					Value json.RawMessage
				}
			}
			if err := json.Unmarshal(audit, &a); err != nil {
				return "", &rest.Fault{What: "audits of ticket " + id + ": " + err.Error()}
			}
			closes := false
			all := []via{a.Via}
			for _, e := range a.Events {
				closes = closes || strings.Contains(string(e.Value), `"closed_by_merge"`)
				all = append(all, e.Via)
			}
			for _, v := range all {
				if v.Source.Rel == "merge" && closes {
					other(&byVia, v.Source.To.TicketID.String())
					other(&byVia, v.Source.From.TicketID.String())
				}
			}
			for _, e := range a.Events {
				if m := mention.FindStringSubmatch(e.Body); m != nil && closes && e.Type == "Comment" {
					other(&byText, m[1])
				}
			}
		}
	}
	if byVia != "" {
		return byVia, nil
	}
	return byText, nil
}
