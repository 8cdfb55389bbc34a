package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"deskproof/reports"
)

// maxLogo keeps reports small: every HTML file carries the logo.
const maxLogo = 512 << 10

// logoTypes are the pictures that a logo may be, by the ending of the file.
var logoTypes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}

// brand reads what the configuration puts on reports.
func (p *Project) brand() (reports.Brand, error) {
	b := reports.Brand{Colour: p.Cfg.Reports.Brand.Colour}
	if p.Cfg.Reports.Brand.Logo == "" {
		return b, nil
	}
	path := p.Cfg.Path(p.Cfg.Reports.Brand.Logo)
	kind, ok := logoTypes[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return b, fmt.Errorf("%s: reports.brand.logo: a logo is a .png, .jpg or .svg file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return b, fmt.Errorf("reports.brand.logo: %w", err)
	}
	if len(data) > maxLogo {
		return b, fmt.Errorf("%s: reports.brand.logo: the file has %d KiB, at most %d are embedded", path, len(data)>>10, maxLogo>>10)
	}
	b.Logo, b.LogoType = data, kind
	return b, nil
}
