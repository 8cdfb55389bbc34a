// Package templates holds what a person may restyle in a report: the page of the HTML form, its style sheet and
// script, and the fonts and the chart library that reports embed (templates/vendor, listed with licence and hash). It also
// has the configuration that `init` begins with.
package templates

import (
	"embed"
	"io/fs"
)

//go:embed configuration report vendor
var files embed.FS

// Files is everything in this package, by path: "report/report.css", "vendor/echarts/echarts.min.js".
func Files() fs.FS { return files }

// Bytes returns one embedded file. The names are known when the program is built, so a wrong one is a fault of the
// program, and it says so at once.
func Bytes(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("templates: " + err.Error())
	}
	return b
}

// The embedded assets by purpose.
const (
	ECharts       = "vendor/echarts/echarts.min.js"
	Regular       = "vendor/source-sans/SourceSans3-Regular.ttf"
	Semibold      = "vendor/source-sans/SourceSans3-Semibold.ttf"
	RegularWOFF2  = "vendor/source-sans/SourceSans3-Regular.ttf.woff2"
	SemiboldWOFF2 = "vendor/source-sans/SourceSans3-Semibold.ttf.woff2"
	Fallback      = "vendor/dejavu/DejaVuSans.ttf"
	ReportPage    = "report/report.html.tmpl"
	ReportStyle   = "report/report.css"
	ReportScript  = "report/report.js"
	FirstOfTool   = "configuration/tool.yaml"
	Registers     = "configuration/registers.yaml"
)
