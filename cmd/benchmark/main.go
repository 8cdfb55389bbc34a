// Command benchmark measures deskproof on a machine: figures are ratios within one run, because seconds on
// different machines cannot be compared.
//
//	go run ./cmd/benchmark export --config examples/servicenow-audit-log/deskproof.yaml --runs 3
//	go run ./cmd/benchmark clock --tickets 1000000 --scale 10
//	go run ./cmd/benchmark check --tickets 1000000
//
// Every step runs in a process of its own, so that peak memory is that of the step.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/model"
	"deskproof/model/config"
)

func main() {
	root := &cobra.Command{Use: "benchmark", Short: "Measure deskproof on this machine", SilenceUsage: true}
	root.AddCommand(exportCommand(), stepCommand(), clockCommand(), clockStepCommand(), restCommand(), restStepCommand(), checkCommand(), checkStepCommand())
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
	c.Flags().IntVar(&runs, "runs", 3, "how often; medians are printed")
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
		_, err = p.Collect(ctx, nil, pipeline.CollectOptions{})
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

// readCSV is what the collection is compared with: DuckDB's own reader filling one table in a file, on all processors.
// It prints the seconds of that alone, without the start of a process and the opening of a file.
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
	if err := w.Exec(ctx, fmt.Sprintf("SET threads=%d", runtime.GOMAXPROCS(0))); err != nil {
		return errors.Join(err, w.Close())
	}
	start := time.Now()
	for i, s := range cfg.Sources {
		if err := w.Exec(ctx, fmt.Sprintf("CREATE TABLE csv%d AS SELECT * FROM read_csv(%s)", i, model.QuoteText(cfg.Path(s.Path)))); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	if err := w.Exec(ctx, "CHECKPOINT"); err != nil {
		return errors.Join(err, w.Close())
	}
	fmt.Println(time.Since(start).Seconds())
	return w.Close()
}

// limits are what the project promises of the audit log on two processors.
const (
	wholeWayLimit = 30.0   // seconds of collect, build, check and report together
	peakLimit     = 1536.0 // MiB of the largest step
)

// measured is one step: seconds on the clock, seconds of processor time (user and system), and peak memory.
type measured struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"`
	PeakMiB float64 `json:"peak_mib"` // 0 = not known on this system
}

func export(ctx context.Context, cfg string, runs int) error {
	if runs < 1 {
		return fmt.Errorf("--runs %d: at least 1", runs)
	}
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
		run := filepath.Join(dir, fmt.Sprintf("run%d", i))
		for _, name := range steps {
			m, err := measure(ctx, self, "step", name, "--config", cfg, "--warehouse", filepath.Join(run, "w.duckdb"), "--out", filepath.Join(run, "reports"))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			all[name] = append(all[name], m)
			fmt.Fprintf(os.Stderr, "run %d %-8s %6.2f s %6.2f s cpu %6.0f MiB\n", i+1, name, m.Seconds, m.CPU, m.PeakMiB)
		}
		if err := os.RemoveAll(run); err != nil {
			return err
		}
	}
	return printExport(summarize(all, runs))
}

// measure runs a command to its end. A command that prints a number has timed itself.
func measure(ctx context.Context, command string, args ...string) (measured, error) {
	c := exec.CommandContext(ctx, command, args...)
	var printed bytes.Buffer
	c.Stdout, c.Stderr = &printed, os.Stderr
	start := time.Now()
	if err := c.Run(); err != nil {
		return measured{}, err
	}
	seconds := time.Since(start).Seconds()
	if own, err := strconv.ParseFloat(strings.TrimSpace(printed.String()), 64); err == nil {
		seconds = own
	}
	s := c.ProcessState
	return measured{seconds, (s.UserTime() + s.SystemTime()).Seconds(), peakMiB(s)}, nil
}

// runSelf runs a step of this program in a process of its own and reads the JSON that it prints into into, where it prints any.
func runSelf(ctx context.Context, into any, args ...string) (*os.ProcessState, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Stderr = os.Stderr
	printed, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(args[:2], " "), err)
	}
	if into != nil {
		if err := json.Unmarshal(printed, into); err != nil {
			return nil, fmt.Errorf("%s printed %q: %w", strings.Join(args[:2], " "), printed, err)
		}
	}
	return c.ProcessState, nil
}

// result is what the benchmark prints.
type result struct {
	Machine        string              `json:"machine"`
	Runs           int                 `json:"runs"`
	Median         map[string]measured `json:"median"`
	CollectOverCSV float64             `json:"collect_over_read_csv"` // seconds of collect / seconds of read_csv
	CollectLimit   float64             `json:"collect_limit_seconds"` // 3 × read_csv + 2 s
	WholeWay       float64             `json:"whole_way_seconds"`     // median of collect + build + check + report
	WholeWayCPU    float64             `json:"whole_way_cpu_seconds"`
	PeakMiB        float64             `json:"peak_mib"` // the largest of any step of any run
	Kept           map[string]bool     `json:"kept"`     // which promises were kept
}

func summarize(all map[string][]measured, runs int) result {
	r := result{
		Machine: fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()),
		Runs:    runs, Median: map[string]measured{}, Kept: map[string]bool{},
	}
	whole := make([]measured, runs)
	for _, name := range steps {
		r.Median[name] = medians(all[name])
		if name == "csv" {
			continue
		}
		for i, m := range all[name] {
			whole[i].Seconds += m.Seconds
			whole[i].CPU += m.CPU
			r.PeakMiB = max(r.PeakMiB, round(m.PeakMiB))
		}
	}
	way := medians(whole)
	r.WholeWay, r.WholeWayCPU = way.Seconds, way.CPU
	csv, collect := r.Median["csv"].Seconds, r.Median["collect"].Seconds
	r.CollectLimit = round(3*csv + 2)
	if csv > 0 {
		r.CollectOverCSV = round(collect / csv)
	}
	r.Kept["collect"] = collect <= r.CollectLimit
	r.Kept["whole_way"] = r.WholeWay < wholeWayLimit
	if r.PeakMiB > 0 {
		r.Kept["peak"] = r.PeakMiB < peakLimit
	}
	return r
}

func printExport(r result) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	fmt.Println(string(b))
	return nil
}

func medians(all []measured) measured {
	return measured{
		median(all, func(m measured) float64 { return m.Seconds }),
		median(all, func(m measured) float64 { return m.CPU }),
		median(all, func(m measured) float64 { return m.PeakMiB }),
	}
}

// median of an even number is the mean of the two in the middle.
func median(all []measured, of func(measured) float64) float64 {
	if len(all) == 0 {
		return 0
	}
	v := make([]float64, len(all))
	for i, m := range all {
		v[i] = of(m)
	}
	sort.Float64s(v)
	return round((v[(len(v)-1)/2] + v[len(v)/2]) / 2)
}

func round(f float64) float64 { return math.Round(f*100) / 100 }
