//! What became of the cells, counted, printed and kept.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::cells::{Cell, End, Fault, Place, RUNS};
use crate::figures;

pub(super) fn report(places: &[Place], ends: &[(Cell, End)], total: usize, took: Duration) {
    for run in RUNS {
        let calls = places.iter().filter(|place| place.run == run).count();
        println!("{run:?}: {calls} calls");
    }
    println!("{} of {total} cells in {} s", ends.len(), took.as_secs());
    let mut table: BTreeMap<Fault, BTreeMap<End, usize>> = BTreeMap::new();
    for (cell, end) in ends {
        *table.entry(cell.fault).or_default().entry(*end).or_default() += 1;
    }
    for (cell, end) in ends {
        if *end == End::Recovered && cell.fault.stays() || *end == End::Mended && !cell.fault.stays() {
            println!("{end:?}: {cell:?}");
        }
    }
    let calls = RUNS.map(|run| {
        let count = places.iter().filter(|place| place.run == run).count();
        (format!("{run:?}"), json!(count))
    });
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = serde_json::Map::new();
    for (fault, row) in table {
        println!("{fault:?}: {row:?}");
        let counts = row.iter().map(|(end, count)| (format!("{end:?}"), json!(count)));
        faults.insert(format!("{fault:?}"), counts.collect());
        for (end, count) in row {
            *outcomes.entry(format!("{end:?}")).or_default() += count;
        }
    }
    figures::keep(
        "fault-matrix",
        &json!({
            "cells": total, "cellsRun": ends.len(), "outcomes": outcomes, "seconds": took.as_secs(),
            "callsByRun": serde_json::Map::from_iter(calls), "outcomesByFault": faults,
            "words": {"Recovered": "got over it by retrying", "Mended": "Failed with step, cause and remedy, then a repeated request or a delete succeeded",
                "NotMet": "the call was not made this time, or started nothing that could fail"},
        }),
    );
}
