-- name: clock_flag
-- purpose: what each state means to one definition
-- inputs: clock_meaning; conditions and goals of the definition
-- output columns: packed; mark (1 starts, 2 stops, 3 cancels, 0 leaves it); hold (1 pauses, 2 resumes, 0 leaves it);
--   reset (0, 1); goal (number of the goal in force, 0 = none)
SELECT packed,
       CASE WHEN COALESCE(({{.Stop}}), FALSE) THEN 2
            WHEN COALESCE(({{.Cancel}}), FALSE) THEN 3
            WHEN COALESCE(({{.Start}}), FALSE) THEN 1 ELSE 0 END AS mark,
       CASE {{if .Resume}}WHEN COALESCE(({{.Resume}}), FALSE) THEN 2 {{end}}WHEN COALESCE(({{.Pause}}), FALSE) THEN 1 ELSE {{if .Resume}}0{{else}}2{{end}} END AS hold,
       CASE WHEN COALESCE(({{.Reset}}), FALSE) THEN 1 ELSE 0 END AS reset,
       CASE {{range .Goals}}WHEN COALESCE(({{.When}}), FALSE) THEN {{.Same}} {{end}}ELSE 0 END AS goal
FROM clock_meaning
