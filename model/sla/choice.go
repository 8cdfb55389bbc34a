package sla

import (
	"context"

	"deskproof/model/config"
)

// storeChoices writes every choice and condition of a definition with its words and where it comes from, and what its
// preset cannot say of the tool.
func (r *replay) storeChoices(ctx context.Context, d *Definition) error {
	var preset any
	if d.Preset != "" {
		preset = d.Preset
	}
	for i, c := range d.Choices() {
		if err := r.db.Exec(ctx, "INSERT INTO sla_choice VALUES (?, ?, ?, ?, ?, ?, ?)", d.ID, i+1, c.Key, c.Value, c.Words, c.Origin, preset); err != nil {
			return err
		}
	}
	tool := config.Presets()[d.Preset]
	for i, s := range tool.NotTheSame {
		if err := r.db.Exec(ctx, "INSERT INTO sla_preset_limit VALUES (?, ?, ?, ?, ?)", d.ID, d.Preset, tool.Title, i+1, s); err != nil {
			return err
		}
	}
	return nil
}
