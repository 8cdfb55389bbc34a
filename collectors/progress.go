package collectors

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a source is read. A nil progress shows nothing.
type progress struct {
	bar    *progressbar.ProgressBar
	w      io.Writer
	source string
	total  int64
	start  time.Time
	next   time.Time
}

// newProgress makes a progress display when w is a terminal. The wall clock is only for what is seen while waiting.
func newProgress(w io.Writer, source string) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return &progress{w: w, source: source, start: time.Now()}
}

// show is called often and draws seldom.
func (p *progress) show(records, done, total int64) {
	now := time.Now()
	if p == nil || total <= 0 || now.Before(p.next) {
		return
	}
	p.next = now.Add(100 * time.Millisecond)
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(24),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}))
		p.total = total
	}
	if total != p.total {
		p.bar.ChangeMax64(total)
		p.total = total
	}
	rate := float64(records) / max(now.Sub(p.start).Seconds(), 0.001)
	p.bar.Describe(fmt.Sprintf("%s  %s records, %s/s", p.source, thousands(records), thousands(int64(rate))))
	_ = p.bar.Set64(min(done, total-1)) // a display that fails loses nothing
}

// end takes the display away.
func (p *progress) end() {
	if p != nil && p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
