package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
)

func (a *app) sqlCommand() *cobra.Command {
	var format, out string
	c := &cobra.Command{
		Use:   "sql [QUERY]",
		Short: "Answer one query, read-only",
		Long: `Answers one query over the published warehouse, read-only; a build that runs does not disturb it.
Without QUERY it reads one from the standard input; on a terminal it is a shell that ends with \q.
The tables are described by "deskproof schema".`,
		Example: `  deskproof sql "SELECT priority, count(*) FROM ticket GROUP BY ALL ORDER BY ALL"
  deskproof sql --format csv "FROM sla_cycle WHERE state = 'breached'" > breaches.csv
  deskproof sql --format parquet --out tickets.parquet "FROM ticket"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.open()
			if err != nil {
				return err
			}
			if len(args) == 0 && isTerminal(a.in) {
				return a.shell(cmd.Context(), p, format)
			}
			var query string
			if len(args) == 1 {
				query = args[0]
			} else {
				b, err := io.ReadAll(a.in)
				if err != nil {
					return err
				}
				query = string(b)
			}
			return a.answer(cmd.Context(), p, query, format, out)
		},
	}
	c.Flags().StringVar(&format, "format", "table", strings.Join(pipeline.SQLFormats, ", "))
	c.Flags().StringVarP(&out, "out", "o", "", "file to write to, instead of the standard output")
	return c
}

func (a *app) answer(ctx context.Context, p *pipeline.Project, query, format, out string) error {
	if out != "" {
		return p.SQLFile(ctx, query, format, out)
	}
	var buf bytes.Buffer
	w := io.Writer(&buf)
	if format == "csv" || format == "json" {
		// These are written row by row: an answer may be larger than memory.
		bw := bufio.NewWriter(a.out)
		defer bw.Flush()
		w = bw
	}
	if err := p.SQL(ctx, query, format, w); err != nil {
		return err
	}
	if (format == "xlsx" || format == "parquet") && isTerminal(a.out) {
		return fmt.Errorf("%s is not for a terminal; use --out FILE", format)
	}
	_, err := buf.WriteTo(a.out)
	return err
}

// shell reads queries that end with a semicolon and answers each.
func (a *app) shell(ctx context.Context, p *pipeline.Project, format string) error {
	fmt.Fprintln(a.err, `One query at a time, ended by ";". \q ends, \d lists the tables, \d TABLE describes one.`)
	in := bufio.NewScanner(a.in)
	in.Buffer(nil, 1<<20)
	var query strings.Builder
	prompt := func() {
		if query.Len() == 0 {
			fmt.Fprint(a.err, "deskproof> ")
		} else {
			fmt.Fprint(a.err, "      ...> ")
		}
	}
	for prompt(); in.Scan(); prompt() {
		line := strings.TrimSpace(in.Text())
		switch {
		case line == `\q` || line == "exit" || line == "quit":
			return nil
		case strings.HasPrefix(line, `\d`):
			if err := a.describe(ctx, p, strings.TrimSpace(line[2:]), "table"); err != nil {
				fmt.Fprintln(a.err, err)
			}
			continue
		}
		query.WriteString(in.Text() + "\n")
		if strings.HasSuffix(line, ";") {
			if err := a.answer(ctx, p, query.String(), format, ""); err != nil {
				fmt.Fprintln(a.err, err)
			}
			query.Reset()
		}
	}
	fmt.Fprintln(a.err)
	return in.Err()
}

func (a *app) schemaCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "schema [TABLE]",
		Short: "The data dictionary: every table and column, in words",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			table := ""
			if len(args) == 1 {
				table = args[0]
			}
			// The dictionary describes every warehouse, so no configuration is needed.
			return a.describe(cmd.Context(), nil, table, format)
		},
	}
	c.Flags().StringVar(&format, "format", "table", "table, markdown, json")
	return c
}

func (a *app) describe(ctx context.Context, _ *pipeline.Project, table, format string) error {
	return pipeline.Schema(ctx, table, format, a.out)
}
