package reader

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxNesting is how deep attributes of XES may nest.
const maxNesting = 50

// readXES reads an event log (IEEE 1849): one record an event, with the attributes of its trace under "case:". Keys of
// nested attributes are joined with dots. Events without a time are records like all others.
func (p *run) readXES(text *textReader) error {
	x := &xesReader{p: p, dec: xml.NewDecoder(text), shapes: newShapes(p)}
	// The text is UTF-8 by now, whatever its declaration says.
	x.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	err := x.log()
	if x.empty > 0 {
		p.warn("%d traces have no event and give no record", x.empty)
	}
	if x.late > 0 {
		p.warn("%d attributes of traces stand behind events: they count for the events after them only", x.late)
	}
	var syntax *xml.SyntaxError
	switch {
	case err == nil:
		return p.ctx.Err()
	case errors.Is(err, errBroken), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax):
		line, _ := x.dec.InputPos()
		cutOff := errors.Is(err, errBroken) || syntax != nil && strings.Contains(syntax.Msg, "unexpected EOF")
		if cutOff {
			p.info.Truncated = true
			p.gap("the XES file ends before its log does (line %d)", line)
		} else {
			p.gap("XML error in line %d: the rest of the file could not be read", line)
		}
		if !x.inEvent {
			if cutOff {
				return p.ctx.Err() // between two events: the gap says it, no record is half
			}
			return p.refuse(x.event+1, "", "XML syntax: %v; nothing after it could be read", err)
		}
		kind := "XML syntax"
		if cutOff {
			kind = "cut off"
		}
		return p.refuse(x.event, x.partial(), "%s: %v, inside event %d", kind, err, x.event)
	}
	return err
}

type xesReader struct {
	p       *run
	dec     *xml.Decoder
	shapes  *shapes
	event   int64
	inEvent bool
	empty   int64 // traces without events
	late    int64 // attributes behind events
	attrs   list  // of the event that is being read
}

// list is a list of attributes.
type list struct {
	names  []string
	values []Value
	fault  string
}

func (l *list) add(name string, v Value) {
	l.names, l.values = append(l.names, name), append(l.values, v)
}

func (x *xesReader) partial() string {
	var b strings.Builder
	for i, n := range x.attrs.names {
		fmt.Fprintf(&b, "%s=%s\n", n, x.attrs.values[i].Text)
	}
	return b.String()
}

// log reads down to the traces and over everything else that a log declares.
func (x *xesReader) log() error {
	seen := false
	for {
		t, err := x.dec.Token()
		if err == io.EOF {
			if !seen {
				return fmt.Errorf("%s is not XES: it has no <log>", x.p.path)
			}
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "log":
			seen = true
		case "trace":
			err = x.trace()
		case "event": // XES allows events outside of traces
			err = x.oneEvent(&list{})
		default:
			err = x.dec.Skip()
		}
		if err != nil {
			return err
		}
	}
}

func (x *xesReader) trace() error {
	var about list
	events := 0
	for {
		t, err := x.dec.Token()
		if err != nil {
			return unexpected(err)
		}
		switch e := t.(type) {
		case xml.EndElement:
			if events == 0 {
				x.empty++
			}
			return nil
		case xml.StartElement:
			if e.Name.Local == "event" {
				events++
				if err := x.oneEvent(&about); err != nil {
					return err
				}
				continue
			}
			if events > 0 {
				x.late++
			}
			if err := x.attribute(&about, "case:", e, 0); err != nil {
				return err
			}
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// oneEvent reads an event and hands it over with the attributes of its trace in front.
func (x *xesReader) oneEvent(trace *list) error {
	x.event++
	x.inEvent = true
	x.attrs = list{names: append([]string(nil), trace.names...), values: append([]Value(nil), trace.values...), fault: trace.fault}
	for {
		t, err := x.dec.Token()
		if err != nil {
			return unexpected(err)
		}
		switch e := t.(type) {
		case xml.StartElement:
			if err := x.attribute(&x.attrs, "", e, 0); err != nil {
				return err
			}
		case xml.EndElement:
			x.inEvent = false
			if x.attrs.fault != "" {
				return x.p.refuse(x.event, x.partial(), "%s", x.attrs.fault)
			}
			return x.p.emit(&Record{Line: x.event, Names: x.shapes.names(x.attrs.names), Values: x.attrs.values})
		}
	}
}

// attribute reads one typed attribute and those inside it.
func (x *xesReader) attribute(to *list, prefix string, e xml.StartElement, depth int) error {
	var key, value string
	has := false
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "key":
			key = a.Value
		case "value":
			value, has = a.Value, true
		}
	}
	name := prefix + key
	container := e.Name.Local == "values" && key == ""
	switch {
	case container: // the members of a list: named like the list
		name = strings.TrimSuffix(prefix, ".")
	case unfit(value):
		if to.fault == "" {
			to.fault = badText(value, name, x.p.info.Encoding)
		}
	case has && (e.Name.Local == "int" || e.Name.Local == "float"):
		to.add(name, number(strings.TrimSpace(value)))
	case has && e.Name.Local == "boolean" && (value == "true" || value == "false"):
		to.add(name, Value{JSON, value})
	case has:
		to.add(name, Value{Text, value})
	case e.Name.Local != "list" && e.Name.Local != "container":
		to.add(name, Value{})
	}
	if depth >= maxNesting {
		if to.fault == "" {
			to.fault = fmt.Sprintf("too deep: attributes nest more than %d levels under %s", maxNesting, name)
		}
		return x.dec.Skip()
	}
	for {
		t, err := x.dec.Token()
		if err != nil {
			return unexpected(err)
		}
		switch c := t.(type) {
		case xml.StartElement:
			if err := x.attribute(to, name+".", c, depth+1); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}
