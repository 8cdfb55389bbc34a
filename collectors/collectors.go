// Package collectors brings records from the tools that an organization runs into the warehouse.
//
// A source type is a small package that implements Collector and registers itself; one run of a collector
// (raw records, versions, books of what was read, rejected records) is the same for all of them. What a source
// said is stored as it said it (raw_record); the mapping of deskproof.yaml makes the canonical model from that,
// again and again, without asking the source.
package collectors
