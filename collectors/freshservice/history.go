package freshservice

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"

	"deskproof/collectors/rest"
)

// detail is what is known of a ticket beside its row.
type detail struct {
	payload []byte
	status  int // with which the ticket was refused
	silent  bool
}

// details reads history and messages of tickets, and hands both over with the rows.
func (w *walk) details(ctx context.Context, tickets [][]byte) error {
	w.shown += int64(len(tickets))
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(tickets), w.detail, func(ticket []byte, d detail) error {
		id := rest.Field(ticket, "id")
		w.fetched++
		w.Progress(w.fetched, w.shown)
		if d.status == 404 {
			return w.gone(id)
		}
		if d.status != 0 {
			w.Gap("ticket %s is listed, but the account may not read it", id)
			return nil
		}
		if d.silent {
			w.silent = append(w.silent, id)
		}
		if err := w.PutRaw("ticket", id, "tickets", ticket); err != nil {
			return err
		}
		return w.PutRaw("detail", id, "tickets/"+id+"/activities", d.payload)
	})
}

// mergedInto finds the sentence that a merged ticket is closed with.
var mergedInto = regexp.MustCompile(`(?i)merged (?:in)?to (?:the )?(?:ticket )?(?:<[^>]*>)?#?(?:[A-Z]+-)?(\d+)`)

func (w *walk) detail(ctx context.Context, ticket []byte) (detail, error) {
	var d detail
	id := rest.Field(ticket, "id")
	var out struct {
		ID            json.RawMessage   `json:"id"`
		MergedInto    string            `json:"merged_into,omitempty"`
		Activities    []json.RawMessage `json:"activities,omitempty"`
		Conversations []json.RawMessage `json:"conversations"`
	}
	out.ID, out.Conversations = json.RawMessage(id), []json.RawMessage{}
	seek := func(text string) {
		if m := mergedInto.FindStringSubmatch(text); m != nil && m[1] != id && rest.Field(ticket, "status") == "5" {
			out.MergedInto = m[1]
		}
	}
	path := "tickets/" + url.PathEscape(id)
	for p, err := range w.Client.Pages(ctx, rest.Request{Path: path + "/activities"}, rest.List{Records: "activities", Style: rest.Link{}}) {
		if s := rest.Status(err); s == 404 {
			d.status = s
			return d, nil
		} else if refused(err) {
			d.silent = true
			break
		} else if err != nil {
			return d, err
		}
		for _, a := range p.Items {
			seek(rest.Field(a, "content"))
			short, err := w.sentence(a)
			if err != nil {
				return d, err
			}
			out.Activities = append(out.Activities, short)
		}
	}
	for p, err := range w.Client.Pages(ctx, rest.Request{Path: path + "/conversations"}, rest.List{Records: "conversations", Style: paged(w.Client.PageSize())}) {
		if refused(err) {
			d.status = rest.Status(err)
			return d, nil
		} else if err != nil {
			return d, err
		}
		for _, c := range p.Items {
			seek(rest.Field(c, "body_text"))
			keep := []string{"id", "user_id", "incoming", "private", "source", "created_at"}
			if w.Source.KeepTexts {
				keep = append(keep, "body_text")
			}
			b, err := rest.Only(path+"/conversations", c, keep...)
			if err != nil {
				return d, err
			}
			out.Conversations = append(out.Conversations, b)
		}
	}
	var err error
	d.payload, err = json.Marshal(out)
	return d, err
}

// telling finds the sentences on fields that matter.
var telling = regexp.MustCompile(`(?i)\b(status|priority|urgency|impact|group|agent|type|category)\b`)

// sentence is an activity without the name of who did it, and without what it says of mails and other things.
func (w *walk) sentence(item []byte) (json.RawMessage, error) {
	var a struct {
		Actor struct {
			ID json.RawMessage `json:"id"`
		} `json:"actor"`
		Content   string   `json:"content"`
		Sentences []string `json:"sub_contents"`
		At        string   `json:"created_at"`
	}
	if err := json.Unmarshal(item, &a); err != nil {
		return nil, &rest.Fault{What: "an activity is not what was expected: " + err.Error()}
	}
	if !w.Source.KeepTexts {
		for _, s := range append([]*string{&a.Content}, pointers(a.Sentences)...) {
			if !telling.MatchString(*s) {
				*s = ""
			}
		}
	}
	return json.Marshal(a)
}

func pointers(list []string) []*string {
	out := make([]*string, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
