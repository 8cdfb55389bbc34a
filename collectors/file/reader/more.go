package reader

import "fmt"

func (p *run) readXLSX(src *source) error {
	return fmt.Errorf("%s: this format is not read yet", p.path)
}
func (p *run) readParquet(src *source) error {
	return fmt.Errorf("%s: this format is not read yet", p.path)
}
func (p *run) readJSON(t *textReader) error {
	return fmt.Errorf("%s: this format is not read yet", p.path)
}
func (p *run) readNDJSON(t *textReader) error {
	return fmt.Errorf("%s: this format is not read yet", p.path)
}
func (p *run) readXES(t *textReader) error {
	return fmt.Errorf("%s: this format is not read yet", p.path)
}
func (p *run) readYAML(t *textReader) error {
	return fmt.Errorf("%s: this format is not read yet", p.path)
}
