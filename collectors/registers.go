package collectors

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// ExamplePrefix begins the id of a row that shows how a register is filled. Such a row is no entry: it is left out, counted
// and named. Case does not matter.
const ExamplePrefix = "EXAMPLE-"

// RegisterSystem is the system of all records from the registers folder: the prefix of their ids.
const RegisterSystem = "register"

// idColumns names, for each entity whose records have an identity of their own, the column of the model that holds it.
// Other entities (links, relations, verifications, …) are known by their content.
var idColumns = map[string]string{
	"ticket": "key", "approval": "approval_id", "communication": "communication_id", "work_log": "work_log_id",
	"survey_response": "survey_id",
	"service":         "service_id", "service_agreement": "agreement_id", "customer": "customer_id", "supplier": "supplier_id",
	"team": "team", "ci": "ci_id", "knowledge_article": "article_id", "asset": "asset_id", "outage": "outage_id",
	"measurement": "measurement_id",
	"document":    "document_id", "risk": "risk_id", "audit": "audit_id", "nonconformity": "nonconformity_id",
	"improvement": "improvement_id", "review": "review_id", "competence": "competence_id", "announcement": "announcement_id",
	"supplier_evaluation": "evaluation_id", "objective": "objective_id",
	"ticket_event": "", "ticket_link": "", "native_sla": "", "ci_relation": "", "ci_verification": "",
}

// Entities are the entities that rows of a source can fill, in order.
func Entities() []string { return sortedKeys(idColumns) }

// IDColumn is the column of the model that identifies a record of an entity; empty for one without an identity of its
// own. known is false for a word that is no entity.
func IDColumn(entity string) (column string, known bool) {
	column, known = idColumns[entity]
	return column, known
}

// registerFormats are the file name endings of registers.
var registerFormats = map[string]string{".csv": "csv", ".xlsx": "xlsx", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}

// Sources are the configured sources and, after them, one source for each file of the registers folder, by name.
// An implied source is called register-<entity>; its columns are named like those of the model, so it needs no map.
// What is wrong with the folder, CheckRegisters says.
func Sources(cfg *config.Config) []config.Source {
	out := slices.Clone(cfg.Sources)
	files, _ := registerFiles(cfg)
	for _, f := range files {
		entity, format := registerOf(f)
		out = append(out, config.Source{
			Name: "register-" + entity, Type: "file", System: RegisterSystem, Entity: entity, TimeZone: cfg.Organization.TimeZone,
			Path: filepath.ToSlash(filepath.Join(cfg.Registers, f)), Format: format, Shape: "row_per_ticket",
			Key: idColumns[entity], Dates: config.StringList{"iso"}, Register: true,
		})
	}
	return out
}

// CheckRegisters finds what is wrong with the registers folder: it is missing, a file is called like no entity, two
// files hold the same entity, or a configured source has the name of an implied one.
func CheckRegisters(cfg *config.Config) error {
	_, err := registerFiles(cfg)
	return err
}

func registerOf(file string) (entity, format string) {
	ext := filepath.Ext(file)
	return strings.TrimSuffix(file, ext), registerFormats[strings.ToLower(ext)]
}

func registerFiles(cfg *config.Config) ([]string, error) {
	if cfg.Registers == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(cfg.Path(cfg.Registers))
	if err != nil {
		return nil, fmt.Errorf("%s: registers: the folder %s cannot be read: make it, or leave `registers` out", cfg.File, cfg.Registers)
	}
	var out []string
	var errs []error
	seen := map[string]string{}
	for _, s := range cfg.Sources {
		if e, ok := strings.CutPrefix(s.Name, "register-"); ok {
			seen[e] = "the source " + s.Name
		}
	}
	for _, e := range entries { // sorted by name
		name := e.Name()
		entity, format := registerOf(name)
		if e.IsDir() || format == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") {
			continue // read-me files, calendars, lock files of a spreadsheet program
		}
		path := filepath.ToSlash(filepath.Join(cfg.Registers, name))
		if _, ok := idColumns[entity]; !ok {
			errs = append(errs, fmt.Errorf("%s: %q is not an entity: a register is called like the table it fills (%s)", path, entity, orList(entity)))
			continue
		}
		if first, twice := seen[entity]; twice {
			errs = append(errs, fmt.Errorf("%s: the %s register is there twice, first in %s: keep one of them", path, entity, first))
			continue
		}
		seen[entity] = path
		out = append(out, name)
	}
	return out, errors.Join(errs...)
}

func orList(word string) string {
	if hint := strictyaml.Suggest(word, Entities()); strings.HasPrefix(hint, "did you mean") {
		return hint
	}
	return "one of " + strings.Join(Entities(), ", ")
}
