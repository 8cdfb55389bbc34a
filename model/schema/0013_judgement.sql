-- name: judgement by people
-- purpose: what was measured and what a person found stand beside the status that they make together

ALTER TABLE requirement_result ADD COLUMN measured VARCHAR; -- status through controls and documents alone, before assessments, waivers and scope
ALTER TABLE requirement_result ADD COLUMN judged VARCHAR;   -- status that a person found, of the assessment that counts; NULL = nobody assessed it
ALTER TABLE requirement_result ADD COLUMN judged_by VARCHAR; -- who found it
ALTER TABLE requirement_result ADD COLUMN judged_on DATE;   -- day of the assessment
