package generic

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/collectors/mapping"
	"deskproof/model/strictyaml"
)

// definition is what stands under `rest`, or in a preset.
type definition struct {
	Pos      strictyaml.Pos    `yaml:"-"`
	Product  string            `yaml:"product"` // what people call the tool
	Summary  string            `yaml:"summary"` // presets: one line
	API      string            `yaml:"api"`     // put behind the address of the source
	Accept   string            `yaml:"accept"`  // media type; default application/json
	Headers  map[string]string `yaml:"headers"` // sent with every request; no secrets
	Login    []login           `yaml:"login"`   // ways to log in; the keys of the source choose
	Error    wrong             `yaml:"error"`   // errors in answers that say to be fine
	Account  account           `yaml:"account"` // who asks
	PageSize int               `yaml:"page_size"`
	MaxPage  int               `yaml:"max_page"` // what the tool caps a page at
	Parallel int               `yaml:"parallel"`
	Notes    []string          `yaml:"notes"` // what a person should know, told by `source test`
	Read     lists             `yaml:"read"`  // what is read, in this order
	Model    meaning           `yaml:"model"`
}

// login is one way to log in.
type login struct {
	Pos    strictyaml.Pos    `yaml:"-"`
	Scheme string            `yaml:"scheme"` // none, basic, bearer, header, user_token, oauth, oauth_password, session
	Doc    string            `yaml:"doc"`
	Header string            `yaml:"header"` // header, session: name of the header
	Prefix string            `yaml:"prefix"` // header, session: what stands before the secret
	Path   string            `yaml:"path"`   // oauth, session: where the login is
	Scope  string            `yaml:"scope"`  // oauth
	Form   map[string]string `yaml:"form"`   // session: fields, with {user} and {password}
	Field  string            `yaml:"field"`  // session: where the session stands in the answer; empty = the answer is it
	Logout string            `yaml:"logout"` // session: where it is ended
}

// wrong says which answers are errors although their status says that all is well.
type wrong struct {
	Field string   `yaml:"field"` // member that tells
	Fine  []string `yaml:"fine"`  // its values that are no error; the lack of it never is
	Says  string   `yaml:"says"`  // member with the message
}

// account is where the tool tells who asks, and its version.
type account struct {
	Get     string `yaml:"get"`
	Name    string `yaml:"name"`    // member with the account
	Version string `yaml:"version"` // member with the version
}

// list is one list of records. Texts may hold {size}, {offset}, {page}, {token}, {since}, {project} and, in lists that are
// read for a record, {key} and {record.PATH}.
type list struct {
	Pos         strictyaml.Pos    `yaml:"-"`
	Name        string            `yaml:"-"`
	Get         string            `yaml:"get"`
	Post        string            `yaml:"post"` // a search; it must change nothing
	Query       map[string]string `yaml:"query"`
	JSON        yaml.Node         `yaml:"json"`    // body
	Records     string            `yaml:"records"` // path to the records; empty = the answer is the list
	Optional    bool              `yaml:"may_lack_records"`
	Key         string            `yaml:"key"`            // path to what identifies a record; default id
	Paging      string            `yaml:"paging"`         // none, offset, page, changed, token, next, link
	First       *int              `yaml:"first"`          // first offset (default 0) or page (default 1)
	Next        string            `yaml:"next"`           // token, next: path to the token or the address of the next page
	More        string            `yaml:"more"`           // path to what is false on the last page
	Total       string            `yaml:"total"`          // path to the number of all records
	TotalHeader string            `yaml:"total_header"`   // header with it
	Updated     string            `yaml:"updated"`        // path to the time of the last change
	UpdatedAs   string            `yaml:"updated_as"`     // iso (default), utc, epoch, epoch_ms
	Since       string            `yaml:"since"`          // how {since} is written: iso (default), epoch, epoch_ms or a pattern
	Exclusive   bool              `yaml:"since_excludes"` // the tool gives what is later than {since}, not what is of that moment
	Beginning   string            `yaml:"beginning"`      // {since} when everything is read; empty = parameters with it are left out
	One         string            `yaml:"one"`            // address of one record
	OneRecord   string            `yaml:"one_record"`
	Detail      bool              `yaml:"detail"`        // list rows are thin: each record is read at `one`
	Each        lists             `yaml:"each"`          // lists that are read for each record
	Deleted     string            `yaml:"deleted"`       // path to what is true for a deleted record at the address `one`
	Keeps       bool              `yaml:"never_deleted"` // a log: what is no longer listed is not looked for
	SweepQuery  map[string]string `yaml:"sweep_query"`   // parameters that differ when only keys are wanted
	Texts       []string          `yaml:"texts"`         // paths of what people wrote
	Without     string            `yaml:"without"`       // the list may be refused: what cannot be said then
}

// lists keep their order. A list without a body is one that deskproof.yaml takes out of a preset.
type lists []*list

// UnmarshalStrict reads lists by their names.
func (l *lists) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		d.Add(n, path, "write NAME: {get: …}", "here belong lists by their names")
		return
	}
	d.Pairs(n, path, func(k, v *yaml.Node, at string) {
		if v.Tag == "!!null" {
			return
		}
		x := &list{}
		decodeInto(d, v, x, at)
		x.Name, x.Pos = k.Value, d.At(k)
		if !listName.MatchString(x.Name) || x.Name == "record" {
			d.Add(k, at, "lower case letters, digits and _", "%q is not a name of a list", x.Name)
		}
		*l = append(*l, x)
	})
}

// meaning says what the records are in the model.
type meaning struct {
	Map  map[string]map[string]string `yaml:"map"`  // what the tool's own values mean
	None []string                     `yaml:"none"` // texts that mean "no value"
	Rows []rows                       `yaml:"rows"`
}

// rows make rows of one table of the model from the records of one list.
type rows struct {
	Pos      strictyaml.Pos   `yaml:"-"`
	Entity   string           `yaml:"entity"`   // ticket, ticket_history, communication, …
	From     string           `yaml:"from"`     // list
	Each     []string         `yaml:"each"`     // path to a list within the record: one row an element; a second one leads further in
	Members  string           `yaml:"members"`  // path to an object within the record: one row a member; $name is its name
	Where    string           `yaml:"where"`    // SQL
	Fields   map[string]value `yaml:"fields"`   // column of the model → value
	Snapshot map[string]value `yaml:"snapshot"` // ticket_history from records that tell all values after each change
}

// value is where a value comes from. A text alone is a path.
type value struct {
	Pos    strictyaml.Pos    `yaml:"-"`
	Path   string            `yaml:"path"`   // $key, $name, $number, ^path (of what is around the element), a.b.c
	Value  *string           `yaml:"value"`  // the same for all
	SQL    string            `yaml:"sql"`    // expression over r.item, r.payload (JSON) and r.key
	As     string            `yaml:"as"`     // utc, epoch, epoch_ms, day_end, minutes, hours, milliseconds, not, json
	Lookup string            `yaml:"lookup"` // LIST.PATH: the value is a key of that list; this is its name
	Is     map[string]string `yaml:"is"`     // translation; other values stay
	Before string            `yaml:"before"` // put before a value
}

// UnmarshalStrict reads the short form (a path) and the full one.
func (v *value) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode {
		v.Pos, v.Path = d.At(n), n.Value
		return
	}
	type plain value
	var p plain
	decodeInto(d, n, &p, path)
	*v = value(p)
	v.Pos = d.At(n)
}

var (
	listName    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	placeholder = regexp.MustCompile(`\{(size|offset|page|token|since|project|key|record\.[^{}]+)\}`)
	pagings     = []string{"none", "offset", "page", "changed", "token", "next", "link"}
	conversions = []string{"utc", "epoch", "epoch_ms", "day_end", "minutes", "hours", "milliseconds", "not", "json"}
	moments     = []string{"iso", "utc", "epoch", "epoch_ms"}
	columnName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// check finds what is wrong with the definition as a whole.
func (def *definition) check(ps *strictyaml.Problems, at string) {
	if def.Product == "" {
		def.Product = "the tool"
	}
	if len(def.Login) == 0 {
		def.Login = []login{{Scheme: "none"}}
	}
	for i := range def.Login {
		def.Login[i].check(ps, fmt.Sprintf("%s.login[%d]", at, i))
	}
	if len(def.Read) == 0 {
		ps.Add(def.Pos, at+".read", "name the lists that are to be read: read: {ticket: {get: /api/tickets}}", "missing")
	}
	names := map[string]bool{}
	for _, l := range def.Read {
		l.check(ps, at+".read."+l.Name, false)
		for _, e := range append(lists{l}, l.Each...) {
			if names[e.Name] {
				ps.Add(e.Pos, at+".read."+e.Name, "give it another name", "there are two lists of this name")
			}
			names[e.Name] = true
		}
	}
	if len(def.Model.Rows) == 0 {
		ps.Add(def.Pos, at+".model.rows", "say what the records are: rows: [{entity: ticket, from: ticket, fields: {title: subject}}]", "missing")
	}
	for i := range def.Model.Rows {
		def.Model.Rows[i].check(ps, fmt.Sprintf("%s.model.rows[%d]", at, i), names)
	}
	if len(*ps) > 0 {
		return
	}
	sql, err := def.modelSQL()
	if err == nil {
		err = mapping.CheckModel(sql)
	}
	if err != nil {
		ps.Add(def.Pos, at+".model", "", "%v", err)
	}
}

func (l *login) check(ps *strictyaml.Problems, at string) {
	need := map[string][]string{"none": nil, "basic": nil, "bearer": nil, "user_token": nil, "header": {"header"},
		"oauth": {"path"}, "oauth_password": {"path"}, "session": {"path", "header", "form"}}
	fields, known := need[l.Scheme]
	if !known {
		ps.Add(l.Pos, at+".scheme", strictyaml.Suggest(l.Scheme, slices.Sorted(maps.Keys(need))), "%q is not a way to log in", l.Scheme)
	}
	for _, f := range fields {
		if map[string]bool{"header": l.Header == "", "path": l.Path == "", "form": len(l.Form) == 0}[f] {
			ps.Add(l.Pos, at+"."+f, "", "%s needs it", l.Scheme)
		}
	}
}

func (l *list) check(ps *strictyaml.Problems, at string, inner bool) {
	add := func(key, hint, format string, args ...any) { ps.Add(l.Pos, at+"."+key, hint, format, args...) }
	if (l.Get == "") == (l.Post == "") {
		add("get", "name the path behind the address of the tool", "give get or post")
	}
	l.Key = cmp.Or(l.Key, "id")
	l.UpdatedAs, l.Since = cmp.Or(l.UpdatedAs, "iso"), cmp.Or(l.Since, "iso")
	l.Paging = cmp.Or(l.Paging, "none")
	if !slices.Contains(pagings, l.Paging) {
		add("paging", strictyaml.Suggest(l.Paging, pagings), "%q is not a way of paging", l.Paging)
	}
	if !slices.Contains(moments, l.UpdatedAs) {
		add("updated_as", strictyaml.Suggest(l.UpdatedAs, moments), "%q is not a way to write times", l.UpdatedAs)
	}
	if !slices.Contains(moments, l.Since) && !strings.Contains(l.Since, "%") {
		add("since", "iso, epoch, epoch_ms or a pattern such as %Y-%m-%d %H:%M:%S", "%q is not a way to write times", l.Since)
	}
	has := func(p string) bool { return slices.Contains(l.placeholders(), p) }
	needs := map[string][]string{"offset": {"offset"}, "page": {"page"}, "changed": {"since", "offset"}, "token": {"token"}}
	for _, p := range needs[l.Paging] {
		if !has(p) {
			add("paging", "write {"+p+"} where the tool wants it, e.g. query: {"+p+": \"{"+p+"}\"}", "paging %s needs {%s} in the request", l.Paging, p)
		}
	}
	for _, p := range []string{"offset", "page", "token"} {
		if has(p) && l.Paging != p && !(p == "offset" && l.Paging == "changed") {
			add("paging", "write paging: "+p, "{%s} stands in the request, and the paging is %s", p, l.Paging)
		}
	}
	if (l.Paging == "token" || l.Paging == "next") && l.Next == "" {
		add("next", "name where the answer tells it", "paging %s needs it", l.Paging)
	}
	if has("since") && l.Updated == "" {
		add("updated", "name where a record tells its last change", "{since} needs it")
	}
	if l.Detail && l.One == "" {
		add("one", "write the address of one record, with {key}", "detail needs it")
	}
	if inner && (len(l.Each) > 0 || l.Updated != "" || l.Detail || l.Deleted != "") {
		add("each", "", "a list that is read for a record holds only its request, its paging and its texts")
	}
	if inner && !slices.ContainsFunc(l.placeholders(), func(p string) bool { return p == "key" || strings.HasPrefix(p, "record.") }) {
		add("get", "write {key} where the key of the record belongs", "the request is the same for every record")
	}
	for _, e := range l.Each {
		e.check(ps, at+".each."+e.Name, true)
	}
}

// placeholders are the names in braces that the request holds.
func (l *list) placeholders() []string {
	texts := []string{l.Get, l.Post}
	for _, k := range slices.Sorted(maps.Keys(l.Query)) {
		texts = append(texts, l.Query[k])
	}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			texts = append(texts, n.Value)
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&l.JSON)
	var out []string
	for _, t := range texts {
		for _, m := range placeholder.FindAllStringSubmatch(t, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

func (r *rows) check(ps *strictyaml.Problems, at string, lists map[string]bool) {
	if !lists[r.From] {
		ps.Add(r.Pos, at+".from", strictyaml.Suggest(r.From, slices.Sorted(maps.Keys(lists))), "%q is not a list that is read", r.From)
	}
	if len(r.Each) > 2 {
		ps.Add(r.Pos, at+".each", "", "at most two lists, one within the other")
	}
	if len(r.Each) > 0 && r.Members != "" {
		ps.Add(r.Pos, at+".members", "keep one of them", "each and members say the same thing twice")
	}
	if len(r.Snapshot) > 0 && r.Entity != "ticket_history" {
		ps.Add(r.Pos, at+".snapshot", "", "only ticket_history is made of snapshots")
	}
	for _, group := range []map[string]value{r.Fields, r.Snapshot} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			v := group[name]
			field := at + ".fields." + name
			if !columnName.MatchString(name) && !strings.HasPrefix(name, "custom.") {
				ps.Add(v.Pos, field, "", "%q is not a column of the model", name)
			}
			given := 0
			for _, g := range []bool{v.Path != "", v.Value != nil, v.SQL != ""} {
				if g {
					given++
				}
			}
			if given != 1 {
				ps.Add(v.Pos, field, "", "give one of path, value and sql")
			}
			if v.As != "" && !slices.Contains(conversions, v.As) {
				ps.Add(v.Pos, field+".as", strictyaml.Suggest(v.As, conversions), "%q is not a conversion", v.As)
			}
			if from, _, ok := strings.Cut(v.Lookup, "."); v.Lookup != "" && (!ok || !lists[from]) {
				ps.Add(v.Pos, field+".lookup", "LIST.PATH, with a list that is read", "%q is not a look-up", v.Lookup)
			}
		}
	}
}
