-- name: values without a canonical value
-- purpose: count every source value that no translation knows, and name the smallest key that carries it
-- inputs: a stage
-- output: rows of unmapped_value
INSERT INTO unmapped_value BY NAME
{{- range $i, $f := .Fields}}{{if $i}}
UNION ALL{{end}}
SELECT {{text $.Source}} AS source, {{text $.Entity}} AS entity, {{text (printf "%s%s" $.Prefix $f)}} AS field, {{ident (printf "dp_u_%s" $f)}} AS source_value,
    count(*) AS occurrences, min(dp_key) AS first_key
FROM {{$.Stage}} WHERE dp_keep AND dp_reason IS NULL AND {{ident (printf "dp_u_%s" $f)}} IS NOT NULL GROUP BY {{ident (printf "dp_u_%s" $f)}}
{{- end}}
