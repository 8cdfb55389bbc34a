package itop

import (
	"context"
	"strconv"
)

// sweep finds deleted tickets that the history does not name, and those that a list did not show.
func (w *walk) sweep(ctx context.Context) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || w.Partial() {
		return nil
	}
	have, err := w.Count(ctx, "ticket")
	if err != nil {
		return err
	}
	there, err := count(ctx, w.Client, "Ticket", "")
	if err != nil || mode == "auto" && !w.Full && have == there {
		return err
	}
	err = records(ctx, w.Client, "Ticket", "", "id", 0, func(list []object) error {
		for _, o := range list {
			if err := w.Present("ticket", strconv.FormatInt(o.id, 10)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	gone, unknown, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return err
	}
	for _, id := range unknown {
		_, list, err := get(ctx, w.Client, "Ticket", "id = "+id, "*+", 0)
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := w.put("ticket", o); err != nil {
				return err
			}
		}
	}
	for _, id := range gone { // iTop tells neither why
		if err := w.Delete("ticket", id); err != nil {
			return err
		}
	}
	return nil
}
