//! Every sample, for programs.

use anyhow::Result;
use serde_json::json;

use super::{
    links::{self, MeasuredLink},
    machine::Machine,
    rounds::Measured,
};

pub(super) fn report(machine: &Machine, measured: &[Measured], over: &[MeasuredLink]) -> Result<String> {
    let cases: Vec<_> = measured
        .iter()
        .map(|case| {
            let rows = case.rows.iter().map(|row| {
                json!({
                    "client": row.row.name().replace('*', ""),
                    "command": row.command,
                    "files": row.row.data.files(),
                    "bytes": row.row.data.bytes(),
                    "samples": row.samples,
                })
            });
            json!({
                "title": case.title,
                "server": case.server,
                "missing": case.missing,
                "rows": rows.collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(
        &json!({ "machine": machine, "cases": cases, "links": links::json(over) }),
    )?)
}
