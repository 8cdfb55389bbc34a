package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskproof/collectors"
	"deskproof/collectors/rest"
	"deskproof/model"
	"deskproof/model/config"
)

// restCommand measures the way from a tool to the warehouse.
func restCommand() *cobra.Command {
	var sizes []int
	var runs, page int
	var latency time.Duration
	c := &cobra.Command{
		Use:   "collect-rest",
		Short: "collect from a tool that answers at once, against a client that fetches the same pages and only counts bytes",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return collectREST(cmd.Context(), sizes, runs, page, latency)
		},
	}
	c.Flags().IntSliceVar(&sizes, "records", []int{10_000, 100_000, 1_000_000}, "how many records the tool has")
	c.Flags().IntVar(&runs, "runs", 3, "how often; medians are printed")
	c.Flags().IntVar(&page, "page", 100, "records a page")
	c.Flags().DurationVar(&latency, "latency", 0, "how long the tool thinks before each answer, e.g. 20ms; 0 = it answers at once")
	return c
}

// restStepCommand is one process of the benchmark: the tool, the bare client, or the collector.
func restStepCommand() *cobra.Command {
	var url, warehouse string
	var records, page int
	var latency time.Duration
	c := &cobra.Command{
		Use: "rest-step NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[0] {
			case "tool":
				return serveTool(records, page, latency)
			case "bare":
				return bareClient(url, page)
			case "collect":
				return collectTool(cmd.Context(), url, warehouse, page)
			}
			return fmt.Errorf("no step %q", args[0])
		},
	}
	c.Flags().StringVar(&url, "url", "", "")
	c.Flags().StringVar(&warehouse, "warehouse", "", "")
	c.Flags().IntVar(&records, "records", 0, "")
	c.Flags().DurationVar(&latency, "latency", 0, "")
	c.Flags().IntVar(&page, "page", 100, "")
	return c
}

// recordBytes is about the size of a record.
const recordBytes = 690

// record is one record of the tool, about as large as an issue without its messages.
func record(b []byte, id int) []byte {
	at := time.Date(2026, 1, 1, 0, 0, id, 0, time.UTC).Format(time.RFC3339)
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(id), 10)
	b = append(b, `,"subject":"Ticket that says \"what\" happened to the mail server on the second floor","status":{"id":3,"name":"In Progress"},"priority":{"id":2,"name":"High"},`...)
	b = append(b, `"project":{"id":1,"name":"Service Desk"},"tracker":{"id":1,"name":"Incident"},"author":{"id":22,"name":"Kim Requester"},"assigned_to":{"id":4,"name":"Alice Martin"},"created_on":"`...)
	b = append(b, at...)
	b = append(b, `","updated_on":"`...)
	b = append(b, at...)
	b = append(b, `","closed_on":null,"due_date":"2026-02-01","done_ratio":0,"is_private":false,"estimated_hours":null,"custom_fields":[{"id":1,"name":"Service","value":"Email"},{"id":2,"name":"Impact","value":"3 - Minor"},{"id":3,"name":"Affected Sites","multiple":true,"value":["Paris","Lyon"]}]}`...)
	return b
}

// serveTool is a tool that answers at once: GET /records?offset=0&limit=100, of pages that were made before it prints its
// address. latency is how long it thinks before each answer.
func serveTool(records, page int, latency time.Duration) error {
	var pages [][]byte
	for offset := 0; offset < records+page; offset += page { // the last one is empty
		b := append(make([]byte, 0, page*(recordBytes+16)), fmt.Sprintf(`{"total_count":%d,"records":[`, records)...)
		for i := offset; i < min(offset+page, records); i++ {
			if i > offset {
				b = append(b, ',')
			}
			b = record(b, i+1)
		}
		pages = append(pages, append(b, "]}"...))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		offset, errOffset := strconv.Atoi(q.Get("offset"))
		limit, errLimit := strconv.Atoi(q.Get("limit"))
		if errors.Join(errOffset, errLimit) != nil || offset < 0 || offset%page != 0 || offset/page >= len(pages) || limit != page {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		time.Sleep(latency)
		b := pages[offset/page]
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = w.Write(b) // who went away needs no answer
	}))
}

// bareClient fetches every page and counts its bytes. It prints the seconds.
func bareClient(url string, page int) error {
	start := time.Now()
	var total int64
	for offset := 0; ; offset += page {
		res, err := http.Get(fmt.Sprintf("%s/records?offset=%d&limit=%d", url, offset, page))
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			return err
		}
		if n < 200 { // the page behind the last
			break
		}
		total += n
	}
	fmt.Fprintf(os.Stderr, "%d bytes\n", total)
	fmt.Println(time.Since(start).Seconds())
	return nil
}

// benchTool is the collector that is measured: pages of whole records, the simplest there is.
var benchTool = rest.Tool{
	Type: "bench", Name: "bench", Schemes: []rest.Scheme{rest.Anonymous()}, PageSize: 100, Parallel: 2,
	Probe: func(context.Context, *rest.Client) (rest.Probe, error) { return rest.Probe{Product: "bench"}, nil },
	Collect: func(ctx context.Context, r *rest.Run) error {
		list := rest.List{Records: "records", Total: "total_count", Style: rest.Offset{Param: "offset", Limit: "limit"}}
		for p, err := range r.Client.Pages(ctx, rest.Request{Path: "records"}, list) {
			if err != nil {
				return err
			}
			r.Reported("record", p.Total)
			for _, item := range p.Items {
				if err := r.PutRaw("record", rest.Field(item, "id"), "records", item); err != nil {
					return err
				}
			}
			if n := len(p.Items); n > 0 {
				at, err := time.Parse(time.RFC3339, rest.Field(p.Items[n-1], "updated_on"))
				if err != nil {
					return err
				}
				r.Moved("record", at)
			}
			if err := r.SafePoint(ctx); err != nil {
				return err
			}
		}
		return nil
	},
}

// collectTool collects into a warehouse in a file. It prints the seconds of the collection, without the opening of the file.
func collectTool(ctx context.Context, url, warehouse string, page int) error {
	collectors.Register(benchTool.Collector())
	cfg, err := config.Parse("deskproof.yaml", []byte(fmt.Sprintf("organization: {name: Benchmark}\nsources: [{name: bench, type: bench, url: %q, page_size: %d}]\n", url, page)))
	if err != nil {
		return err
	}
	w, err := model.OpenWarehouse(ctx, warehouse, "benchmark collect-rest", time.Now())
	if err != nil {
		return err
	}
	start := time.Now()
	sum, err := collectors.Run(ctx, w.DB, cfg, nil, collectors.Options{Now: time.Now, Version: "benchmark"})
	took := time.Since(start).Seconds()
	if err == nil && !sum.Complete() {
		err = errors.New(sum.Text())
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, sum.Text())
	fmt.Println(took)
	return nil
}

// restLimit is the share of the bare client's records per second that the project promises.
const restLimit = 0.7

// restResult is what is printed for one number of records.
type restResult struct {
	Records     int      `json:"records"`
	Bare        measured `json:"bare"`
	Collect     measured `json:"collect"`
	PerSecond   float64  `json:"collected_per_second"`
	ShareOfBare float64  `json:"share_of_bare"`
	Kept        bool     `json:"kept"`
}

func collectREST(ctx context.Context, sizes []int, runs, page int, latency time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "benchmark-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var out []restResult
	for _, n := range sizes {
		url, stop, err := startTool(ctx, self, n, page, latency)
		if err != nil {
			return err
		}
		var bare, collect []measured
		for i := range runs {
			common := []string{"--url", url, "--page", strconv.Itoa(page)}
			b, err := measure(ctx, self, append([]string{"rest-step", "bare"}, common...)...)
			if err != nil {
				stop()
				return err
			}
			c, err := measure(ctx, self, append([]string{"rest-step", "collect", "--warehouse", filepath.Join(dir, fmt.Sprintf("w%d-%d.duckdb", n, i))}, common...)...)
			if err != nil {
				stop()
				return err
			}
			bare, collect = append(bare, b), append(collect, c)
		}
		stop()
		r := restResult{Records: n, Bare: medians(bare), Collect: medians(collect)}
		if r.Collect.Seconds > 0 && r.Bare.Seconds > 0 {
			r.PerSecond, r.ShareOfBare = round(float64(n)/r.Collect.Seconds), round(r.Bare.Seconds/r.Collect.Seconds)
		}
		r.Kept = r.ShareOfBare >= restLimit
		out = append(out, r)
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	fmt.Println(string(b))
	return nil
}

// startTool starts the tool in a process of its own, as tools are.
func startTool(ctx context.Context, self string, records, page int, latency time.Duration) (url string, stop func(), err error) {
	c := exec.CommandContext(ctx, self, "rest-step", "tool", "--records", strconv.Itoa(records), "--page", strconv.Itoa(page), "--latency", latency.String())
	out, err := c.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	b := make([]byte, 64)
	n, err := out.Read(b)
	if err != nil {
		stop()
		return "", nil, err
	}
	return strings.TrimSpace(string(b[:n])), stop, nil
}
