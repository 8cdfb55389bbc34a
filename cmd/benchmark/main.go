// Command benchmark measures deskproof on a machine: figures are ratios within one run, because seconds on
// different machines cannot be compared.
//
//	go run ./cmd/benchmark export --config examples/servicenow-audit-log/deskproof.yaml --runs 5
//
// Every step runs in a process of its own, so that peak memory is that of the step.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/model"
	"deskproof/model/config"
)

func main() {
	root := &cobra.Command{Use: "benchmark", Short: "Measure deskproof on this machine", SilenceUsage: true}
	root.AddCommand(exportCommand(), stepCommand())
	if err := root.Execute(); err != nil {
		os.Exit(2)
	}
}

// exportCommand measures the whole way of a file export.
func exportCommand() *cobra.Command {
	var cfg string
	var runs int
	c := &cobra.Command{
		Use:   "export",
		Short: "collect, build, check and report of a file export, against DuckDB reading the same file",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return export(cmd.Context(), cfg, runs)
		},
	}
	c.Flags().StringVar(&cfg, "config", "examples/servicenow-audit-log/deskproof.yaml", "configuration with one file source")
	c.Flags().IntVar(&runs, "runs", 5, "how often; medians are printed")
	return c
}

// stepCommand runs one step in this process; the benchmark calls itself with it.
func stepCommand() *cobra.Command {
	var cfg, warehouse, out string
	c := &cobra.Command{
		Use: "step NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return step(cmd.Context(), args[0], cfg, warehouse, out)
		},
	}
	c.Flags().StringVar(&cfg, "config", "", "")
	c.Flags().StringVar(&warehouse, "warehouse", "", "")
	c.Flags().StringVar(&out, "out", "", "")
	return c
}

// steps in the order of the pipeline; "csv" is the comparison.
var steps = []string{"csv", "collect", "build", "check", "report"}

func step(ctx context.Context, name, cfg, warehouse, out string) error {
	p, err := pipeline.Open(pipeline.Options{Config: cfg, Warehouse: warehouse, Command: "benchmark " + name, Version: "benchmark", Now: time.Now})
	if err != nil {
		return err
	}
	switch name {
	case "csv":
		return readCSV(ctx, p.Cfg)
	case "collect":
		_, err = p.Collect(ctx, nil, false)
	case "build":
		_, err = p.Build(ctx)
	case "check":
		_, err = p.Check(ctx, pipeline.CheckOptions{})
	case "report":
		_, err = p.Report(ctx, pipeline.ReportOptions{Out: out})
	default:
		return fmt.Errorf("no step %q", name)
	}
	if code := pipeline.ExitCode(err); code == pipeline.ExitFound || code == pipeline.ExitIncomplete {
		return nil // found something, or named a gap: the work was done all the same
	}
	return err
}

// readCSV is what the collection is compared with: DuckDB's own reader filling one table in a file.
func readCSV(ctx context.Context, cfg *config.Config) error {
	dir, err := os.MkdirTemp("", "benchmark-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := model.OpenWarehouse(ctx, filepath.Join(dir, "csv.duckdb"), "benchmark csv", time.Now())
	if err != nil {
		return err
	}
	for i, s := range cfg.Sources {
		if err := w.Exec(ctx, fmt.Sprintf("CREATE TABLE csv%d AS SELECT * FROM read_csv(%s)", i, model.QuoteText(cfg.Path(s.Path)))); err != nil {
			return err
		}
	}
	return w.Close()
}

type measured struct {
	Seconds float64 `json:"seconds"`
	PeakMiB float64 `json:"peak_mib"`
}

func export(ctx context.Context, cfg string, runs int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "benchmark-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	all := map[string][]measured{}
	for i := range runs {
		warehouse := filepath.Join(dir, fmt.Sprintf("run%d.duckdb", i))
		for _, name := range steps {
			c := exec.CommandContext(ctx, self, "step", name, "--config", cfg, "--warehouse", warehouse, "--out", filepath.Join(dir, "reports"))
			c.Stderr = os.Stderr
			start := time.Now()
			if err := c.Run(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			m := measured{Seconds: time.Since(start).Seconds()}
			if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
				m.PeakMiB = float64(u.Maxrss) / 1024
			}
			all[name] = append(all[name], m)
			fmt.Fprintf(os.Stderr, "run %d %-8s %6.2f s %6.0f MiB\n", i+1, name, m.Seconds, m.PeakMiB)
		}
	}
	return printExport(all, runs)
}

func printExport(all map[string][]measured, runs int) error {
	med := map[string]measured{}
	var total, peak float64
	for _, name := range steps {
		med[name] = measured{median(all[name], func(m measured) float64 { return m.Seconds }), median(all[name], func(m measured) float64 { return m.PeakMiB })}
		if name != "csv" {
			total += med[name].Seconds
			peak = max(peak, med[name].PeakMiB)
		}
	}
	b, err := json.MarshalIndent(map[string]any{
		"machine":               fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()),
		"runs":                  runs,
		"median":                med,
		"collect_over_read_csv": round(med["collect"].Seconds / med["csv"].Seconds),
		"collect_limit_seconds": round(3*med["csv"].Seconds + 2),
		"whole_way_seconds":     round(total),
		"peak_mib":              round(peak),
	}, "", "  ")
	if err != nil {
		return err
	}
	fmt.Println(string(b))
	return nil
}

func median(all []measured, of func(measured) float64) float64 {
	v := make([]float64, len(all))
	for i, m := range all {
		v[i] = of(m)
	}
	sort.Float64s(v)
	return round(v[len(v)/2])
}

func round(f float64) float64 { return float64(int64(f*100+0.5)) / 100 }
