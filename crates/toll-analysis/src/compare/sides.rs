//! The two sides of a comparison, and what differs between their environments.

use std::collections::{BTreeMap, BTreeSet};

use toll_core::requirement;
use toll_core::sample::MeasuredSeries;

use super::results::{Moved, Side};
use crate::results::Finding;

/// One side.
pub(super) fn side(label: &str, series: &MeasuredSeries, findings: Vec<Finding>) -> Side {
    Side {
        label: label.to_owned(),
        axes: series.axes.clone(),
        lock: series.lock.clone(),
        findings,
    }
}

/// Distributions whose version is not the same in two locks, or that only one of them has.
pub(crate) fn moved(before: &[String], after: &[String]) -> Vec<Moved> {
    let (before, after) = (versions(before), versions(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&&String| before.get(**name) != after.get(**name);
    names
        .iter()
        .filter(differs)
        .map(|name| Moved {
            distribution: (*name).clone(),
            before: before.get(*name).cloned(),
            after: after.get(*name).cloned(),
        })
        .collect()
}

/// Name to version, or to where it comes from.
fn versions(lock: &[String]) -> BTreeMap<String, String> {
    let version = |line: &String| {
        let (_, version) = line.split_once("==").or_else(|| line.split_once(" @ "))?;
        Some((requirement::distribution(line), version.trim().to_owned()))
    };
    lock.iter().filter_map(version).collect()
}
