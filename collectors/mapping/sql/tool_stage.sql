-- name: rows of a tool's model
-- purpose: keep the rows of one SELECT of model.sql as records, so that they are mapped like those of a file
-- inputs: the SELECT, with src
-- output: rows of dp_raw, the shape of raw_record; payload = the row without src, as a JSON object
INSERT INTO {{.Into}} BY NAME
SELECT {{text .Source}} AS source, {{text .Entity}} AS entity, coalesce(CAST({{if .Key}}{{ident .Key}}{{else}}NULL{{end}} AS VARCHAR), '') AS key, 1 AS version,
    src.run_id AS run_id, TIMESTAMPTZ '1970-01-01 00:00:00+00' AS seen_at, '' AS sha256, src.origin AS origin, src.line AS line,
    src.ordinal AS ordinal, FALSE AS deleted,
    CAST(to_json({ {{- range $i, $c := .Columns}}{{if $i}}, {{end}}{{text $c}}: {{ident $c}}{{end -}} }) AS VARCHAR) AS payload
FROM (
{{.Select}}
)
