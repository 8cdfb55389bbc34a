package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"deskproof/cmd/sample"
	"deskproof/model/config"
)

// DemoResult is what `demo` did, step by step.
type DemoResult struct {
	Dir     string
	Sample  sample.Summary
	Collect CollectResult
	Build   BuildResult
	Check   CheckResult
	Report  ReportResult
}

// demoMark is a file that says that a folder was made by `demo` and may be made anew.
const demoMark = ".deskproof-demo"

// Demo makes the sample organization's exports in dir, and takes them the way that any export takes. step is told
// what begins. The clock stands at the sample's own as-of, so that two demos write the same bytes.
func Demo(ctx context.Context, dir string, o Options, step func(string)) (DemoResult, error) {
	out := DemoResult{Dir: dir}
	if err := prepareDemo(dir); err != nil {
		return out, err
	}
	step("making the exports of a sample organization")
	var err error
	if out.Sample, err = sample.Write(dir); err != nil {
		return out, err
	}
	o.Config = filepath.Join(dir, config.DefaultName)
	o.AsOf, o.Warehouse = "", ""
	p, err := Open(o)
	if err != nil {
		return out, err
	}
	p.Now = func() time.Time { return p.Moment }
	step("collecting them through the file collector")
	if out.Collect, err = p.Collect(ctx, nil, CollectOptions{}); err != nil {
		return out, err
	}
	step("building the model, the clocks and the metrics")
	if out.Build, err = p.Build(ctx); err != nil {
		return out, err
	}
	step("testing the controls")
	if out.Check, err = p.Check(ctx, CheckOptions{}); err != nil && !errors.Is(err, ErrFound) {
		return out, err
	}
	step("writing the reports")
	out.Report, err = p.Report(ctx, ReportOptions{})
	return out, err
}

// prepareDemo makes the folder, or empties one that an earlier demo made. Any other folder with files is left alone.
func prepareDemo(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
			return fmt.Errorf("%s is not empty and was not made by `deskproof demo`: name another folder", dir)
		}
		for _, e := range entries {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := makeFolder(dir); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, demoMark), []byte("`deskproof demo` made this folder and makes it anew.\n"), 0o644)
}
