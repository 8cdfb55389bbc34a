package itop

import (
	"context"
	"strconv"
)

// late is how many ids before the last one are read again: operations of a long transaction appear behind later ones.
const late = 500

// operations reads the history: what was created, changed and deleted.
func (w *walk) operations(ctx context.Context) error {
	for _, x := range []struct{ class, where, fields string }{
		{"CMDBChangeOpCreate", tickets, "id,objclass,objkey,date,userinfo"},
		{"CMDBChangeOpSetAttributeScalar", scalar(w.Client), "id,objclass,objkey,attcode,oldvalue,newvalue,date,userinfo"},
		{"CMDBChangeOpDelete", "objclass = 'Ticket'", "id,objclass,objkey,date,userinfo"},
	} {
		cursor := "op@" + x.class
		if x.class == "CMDBChangeOpSetAttributeScalar" && w.Cursor("attributes") != x.where {
			w.SetCursor(cursor, "0") // other attributes than before: from the beginning
			w.SetCursor("attributes", x.where)
		}
		last := w.number(cursor)
		err := records(ctx, w.Client, x.class, x.where, x.fields, last-late, func(list []object) error {
			for _, o := range list {
				var err error
				if x.class == "CMDBChangeOpDelete" {
					err = w.Delete("ticket", o.field("objkey"))
				} else {
					err = w.put("op", o)
				}
				if err != nil {
					return err
				}
				last = max(last, o.id)
			}
			w.SetCursor(cursor, strconv.FormatInt(last, 10))
			return w.SafePoint(ctx)
		})
		if refused(err) {
			if x.class != "CMDBChangeOpDelete" {
				w.Gap("the history may not be read (%s): pauses are not known", x.class)
			}
			continue
		} else if err != nil {
			return err
		}
	}
	return nil
}
