package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/controls"
	"deskproof/model/strictyaml"
	"deskproof/reports"
)

func (a *app) catalogueCommand() *cobra.Command {
	c := &cobra.Command{Use: "catalogue", Short: "Look at the control catalogue, check it, test it"}
	c.AddCommand(a.catalogueList(), a.catalogueShow(), a.catalogueCoverage(), a.catalogueLint(), a.catalogueTest(), a.catalogueNew(), a.catalogueSchema())
	return c
}

// added are the catalogue folders: those named, else those of the configuration where there is one.
func (a *app) added(args []string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	if a.config == "" {
		if _, err := os.Stat("deskproof.yaml"); err != nil {
			return nil, nil // the catalogue can be looked at before there is a configuration
		}
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
	var framework string
	c := &cobra.Command{
		Use: "list", Short: "Every control, and the frameworks with their sizes", Args: cobra.NoArgs,
		Example: "  deskproof catalogue list\n  deskproof catalogue list --framework cobit",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cat, err := a.catalogue(cmd.Context(), nil)
			if err != nil {
				return err
			}
			only := ""
			if framework != "" {
				f, err := cat.FindFramework(framework)
				if err != nil {
					return fmt.Errorf("--framework: %w", err)
				}
				only = f.ID() + "/"
			}
			l := listing{head: []string{"control", "process", "what holds when it is met", "answers for"}, widths: []int{30, 22, 60, 44}}
			if only != "" {
				l.widths = []int{30, 18, 24, 15}
			}
			for _, k := range cat.Controls {
				var answers []string
				for _, m := range k.MapsTo {
					if strings.HasPrefix(m, only) {
						answers = append(answers, strings.TrimPrefix(m, only))
					}
				}
				if len(answers) > 0 {
					l.rows = append(l.rows, []string{k.ID, controls.ProcessTitle(k.Process), k.Title, strings.Join(answers, " ")})
				}
			}
			if len(l.rows) == 0 {
				fmt.Fprintf(a.out, "No control answers for %s; deskproof catalogue coverage --from %s shows what touches it.\n", framework, framework)
				return nil
			}
			if err := a.list(l, "table"); err != nil {
				return err
			}
			fmt.Fprintln(a.out, reports.Plural(int64(len(l.rows)), "control", "controls"))
			if only != "" {
				return nil
			}
			if err := a.frameworkTable(cat); err != nil {
				return err
			}
			return a.printOwn(cat)
		},
	}
	c.Flags().StringVar(&framework, "framework", "", "only controls that answer for this framework, with or without its edition: cobit")
	return c
}

func (a *app) catalogueShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "A control with its question and SQL, a requirement with its controls, or a framework", Args: cobra.ExactArgs(1),
		Example: "  deskproof catalogue show chg-approved-before-start\n  deskproof catalogue show iso20000-1:2018/8.5.1.3\n  deskproof catalogue show iso27001",
		RunE: func(cmd *cobra.Command, args []string) error {
			cat, err := a.catalogue(cmd.Context(), nil)
			if err != nil {
				return err
			}
			if k := cat.Control(args[0]); k != nil {
				a.printControl(k, cat.ChangesOf("control", k.ID))
				return nil
			}
			if f, err := cat.FindFramework(args[0]); err == nil {
				a.printFramework(cat, f)
				return nil
			} else if slices.ContainsFunc(cat.Frameworks, func(f *controls.Framework) bool { return f.Name == args[0] }) {
				return err
			}
			f, e, ok := cat.Entry(args[0])
			if !ok {
				return fmt.Errorf("%q is neither a control nor a requirement nor a framework%s", args[0], cat.Suggest(args[0]))
			}
			a.printRequirement(cat, f, e)
			return nil
		},
	}
}

func (a *app) printControl(k *controls.Control, changes []controls.Change) {
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
	for _, in := range k.Inputs {
		fmt.Fprintf(w, "  %-16s %s\n", "needs", in.Name)
	}
	for _, c := range changes {
		fmt.Fprintf(w, "  %-16s %s in %s:%d\n", "own folder", c.Words(), c.File, c.Line)
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
		Use: "test [FOLDER...]", Short: "Run the tests of the controls: given rows, expected exceptions; with folders, those of what they add and change",
		RunE: func(cmd *cobra.Command, args []string) error {
			cat, err := a.catalogue(cmd.Context(), args)
			if err != nil {
				return err
			}
			run := controls.RunTests
			if len(args) > 0 {
				run = controls.RunOwnTests
			}
			results, err := run(cmd.Context(), cat)
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
