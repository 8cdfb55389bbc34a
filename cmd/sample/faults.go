package sample

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Fault is one fault that was planted into the sample, see faults.yaml.
type Fault struct {
	ID      string `yaml:"id"`
	Control string `yaml:"control"` // control of the catalogue that has to find it
	Subject string `yaml:"subject"` // control_exception.subject that it has to name
	What    string `yaml:"what"`    // in the words of a service manager
}

// Faults reads the list of planted faults. Nothing else in the sample may be found by any control.
func Faults() ([]Fault, error) {
	data, err := embedded.ReadFile("faults.yaml")
	if err != nil {
		return nil, err
	}
	var list struct {
		Faults []Fault `yaml:"faults"`
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("faults.yaml: %w", err)
	}
	return list.Faults, nil
}
