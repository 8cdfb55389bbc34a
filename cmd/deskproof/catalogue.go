package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/controls"
	"deskproof/model/strictyaml"
	"deskproof/reports"
)

func (a *app) catalogueCommand() *cobra.Command {
	c := &cobra.Command{Use: "catalogue", Short: "Look at the control catalogue, check it, test it"}
	c.AddCommand(a.catalogueList(), a.catalogueShow(), a.catalogueLint(), a.catalogueTest())
	return c
}

// added are the catalogue folders: those named, else those of the configuration where there is one.
func (a *app) added(args []string) ([]string, error) {
	if len(args) > 0 || a.config == "" {
		return args, nil
	}
	p, err := a.open()
	if err != nil {
		return nil, err
	}
	for _, f := range p.Cfg.Catalogue.Add {
		args = append(args, p.Cfg.Path(f))
	}
	return args, nil
}

// catalogue loads the built-in catalogue with the folders added to it.
func (a *app) catalogue(ctx context.Context, folders []string) (*controls.Catalogue, error) {
	add, err := a.added(folders)
	if err != nil {
		return nil, err
	}
	return controls.Load(ctx, add)
}

func (a *app) catalogueList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Every control, and the frameworks with their sizes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cat, err := a.catalogue(cmd.Context(), nil)
			if err != nil {
				return err
			}
			t := table.NewWriter()
			t.SetStyle(table.StyleLight)
			t.Style().Format.Header = text.FormatDefault
			t.AppendHeader(table.Row{"control", "process", "what holds when it is met", "answers for"})
			t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}, {Number: 4, WidthMax: 44, WidthMaxEnforcer: text.WrapSoft}})
			for _, k := range cat.Controls {
				t.AppendRow(table.Row{k.ID, controls.ProcessTitle(k.Process), k.Title, strings.Join(k.MapsTo, " ")})
			}
			fmt.Fprintln(a.out, t.Render())
			fmt.Fprintf(a.out, "%s; frameworks:\n", reports.Plural(int64(len(cat.Controls)), "control", "controls"))
			for _, id := range cat.FrameworkIDs() {
				f := cat.Framework(id)
				fmt.Fprintf(a.out, "  %-20s %s (%d entries)\n", id, f.Title, len(f.Entries))
			}
			return nil
		},
	}
}

func (a *app) catalogueShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "A control with its question and SQL, or a requirement with its controls", Args: cobra.ExactArgs(1),
		Example: "  deskproof catalogue show chg-approved-before-start\n  deskproof catalogue show iso20000-1:2018/8.5.1.3",
		RunE: func(cmd *cobra.Command, args []string) error {
			cat, err := a.catalogue(cmd.Context(), nil)
			if err != nil {
				return err
			}
			if k := cat.Control(args[0]); k != nil {
				a.printControl(k)
				return nil
			}
			f, e, ok := cat.Entry(args[0])
			if !ok {
				return fmt.Errorf("%q is neither a control nor a requirement %s", args[0], strictyaml.Suggest(args[0], cat.ControlIDs()))
			}
			fmt.Fprintf(a.out, "%s  %s\n  %s, certainty of the title: %s\n", args[0], e.Title, f.Title, e.Certainty)
			for _, k := range cat.ControlsFor(args[0]) {
				fmt.Fprintf(a.out, "  tested by %-28s %s\n", k.ID, k.Title)
			}
			for _, x := range cat.Related(args[0]) {
				fmt.Fprintf(a.out, "  %s %s %s: %s\n", x.From, x.Relation, x.To, x.Why)
			}
			return nil
		},
	}
}

func (a *app) printControl(k *controls.Control) {
	w := a.out
	fmt.Fprintf(w, "%s: %s\n", k.ID, k.Title)
	for _, f := range [][2]string{
		{"question", k.Question}, {"why", k.Why}, {"an auditor asks", k.AuditorAsks}, {"when it fails", k.WhenItFails},
		{"process", controls.ProcessTitle(k.Process)}, {"attribute", k.Attribute}, {"frequency", k.Frequency}, {"owner", k.OwnerRole},
		{"tolerance", k.Tolerance.String()}, {"answers for", strings.Join(k.MapsTo, " ")},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-16s %s\n", f[0], text.WrapSoft(strings.ReplaceAll(f[1], "\n", " "), 100))
		}
	}
	fmt.Fprintf(w, "\npopulation:\n%s\n\nexceptions:\n%s\n", k.Population.Text, k.Exceptions.Text)
}

func (a *app) catalogueLint() *cobra.Command {
	return &cobra.Command{
		Use: "lint [FOLDER...]", Short: "Check the catalogue, with folders of your own: every mistake at once",
		RunE: func(cmd *cobra.Command, args []string) error {
			add, err := a.added(args)
			if err != nil {
				return err
			}
			cat, err := controls.Lint(cmd.Context(), add)
			var problems strictyaml.Problems
			if errors.As(err, &problems) {
				for _, p := range problems {
					fmt.Fprintln(a.out, p.Error())
				}
				fmt.Fprintln(a.out, reports.Plural(int64(len(problems)), "mistake", "mistakes"))
				return pipeline.ErrFound
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s in %s: no mistake\n", reports.Plural(int64(len(cat.Controls)), "control", "controls"), reports.Plural(int64(len(cat.FrameworkIDs())), "framework", "frameworks"))
			return nil
		},
	}
}

func (a *app) catalogueTest() *cobra.Command {
	return &cobra.Command{
		Use: "test [FOLDER...]", Short: "Run the tests of the controls: given rows, expected exceptions",
		RunE: func(cmd *cobra.Command, args []string) error {
			cat, err := a.catalogue(cmd.Context(), args)
			if err != nil {
				return err
			}
			results, err := controls.RunTests(cmd.Context(), cat)
			if err != nil {
				return err
			}
			failed := 0
			for _, r := range results {
				if !r.Passed {
					failed++
					fmt.Fprintf(a.out, "%s: ✗ %s: %s\n    %s\n", r.Pos, r.Control, r.Case, r.Message)
				} else if a.verbose {
					fmt.Fprintf(a.out, "✓ %s: %s\n", r.Control, r.Case)
				}
			}
			fmt.Fprintf(a.out, "%s, %d failed\n", reports.Plural(int64(len(results)), "test", "tests"), failed)
			if failed > 0 {
				return pipeline.ErrFound
			}
			return nil
		},
	}
}
