//! Axes: the names and values that identify a cell.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The framework under test: the name of a subject.
pub const FRAMEWORK: &str = "framework";
/// The release of the framework.
pub const VERSION: &str = "version";
/// The Python that runs it.
pub const PYTHON: &str = "python";
/// The ASGI server, with its release once that is known.
pub const SERVER: &str = "server";
/// The HTTP implementation inside the server.
pub const HTTP: &str = "http";
/// The event loop.
pub const LOOP: &str = "loop";
/// The middleware kind.
pub const KIND: &str = "kind";
/// The workload.
pub const WORKLOAD: &str = "workload";
/// Companion requirements, only where there are any.
pub const WITH: &str = "with";

/// Every axis in the order in which people read them.
pub const ORDER: [&str; 9] = [
    FRAMEWORK, VERSION, PYTHON, SERVER, HTTP, LOOP, KIND, WORKLOAD, WITH,
];

/// One value on each axis but `middlewares`: what identifies a series.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Axes(BTreeMap<String, String>);

impl Axes {
    /// The value on `axis`, or an empty string where the axis does not apply.
    pub fn get(&self, axis: &str) -> &str {
        self.0.get(axis).map_or("", String::as_str)
    }

    /// Sets the value on `axis`.
    pub fn set(&mut self, axis: &str, value: impl Into<String>) {
        self.0.insert(axis.to_owned(), value.into());
    }

    /// The same axes with one value set.
    #[must_use]
    pub fn with(mut self, axis: &str, value: impl Into<String>) -> Self {
        self.set(axis, value);
        self
    }

    /// Axis and value, in the order of the axes' names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(axis, value)| (axis.as_str(), value.as_str()))
    }

    /// The canonical text `axis=value;axis=value`, sorted by axis: equal keys mean equal series.
    pub fn key(&self) -> String {
        let pairs: Vec<String> = self
            .iter()
            .map(|(axis, value)| format!("{axis}={value}"))
            .collect();
        pairs.join(";")
    }
}

impl fmt::Display for Axes {
    /// The values in reading order, separated by spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<&str> = ORDER
            .iter()
            .map(|axis| self.get(axis))
            .filter(|value| !value.is_empty())
            .collect();
        f.write_str(&values.join(" "))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Axes {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(axis, value)| (axis.into(), value.into()))
                .collect(),
        )
    }
}

/// The shortest names that tell the given series apart: the framework first, then only the axes
/// on which the series differ.
pub fn labels(series: &[&Axes]) -> Vec<String> {
    let varying: Vec<&str> = ORDER
        .into_iter()
        .skip(1)
        .filter(|axis| {
            series
                .windows(2)
                .any(|pair| pair[0].get(axis) != pair[1].get(axis))
        })
        .collect();
    let frameworks_vary = series
        .windows(2)
        .any(|pair| pair[0].get(FRAMEWORK) != pair[1].get(FRAMEWORK));
    series
        .iter()
        .map(|axes| label(axes, &varying, frameworks_vary))
        .collect()
}

fn label(axes: &Axes, varying: &[&str], frameworks_vary: bool) -> String {
    let mut words = vec![axes.get(FRAMEWORK)];
    // Where frameworks differ, their versions always do; the version still belongs to the name.
    let always = if frameworks_vary || varying.is_empty() {
        Some(VERSION)
    } else {
        None
    };
    for axis in ORDER.into_iter().skip(1) {
        if Some(axis) == always || varying.contains(&axis) {
            words.push(axes.get(axis));
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(framework: &str, version: &str, kind: &str) -> Axes {
        Axes::default()
            .with(FRAMEWORK, framework)
            .with(VERSION, version)
            .with(KIND, kind)
    }

    #[test]
    fn the_key_does_not_depend_on_the_order_of_setting() {
        let one = Axes::default().with(VERSION, "1").with(FRAMEWORK, "a");
        let two = Axes::default().with(FRAMEWORK, "a").with(VERSION, "1");
        assert_eq!(one.key(), two.key());
        assert_eq!(one.key(), "framework=a;version=1");
    }

    #[test]
    fn labels_name_only_what_differs() {
        let (a, b) = (
            axes("starlette", "1.0", "native"),
            axes("starlette", "1.0", "base-http"),
        );
        assert_eq!(
            labels(&[&a, &b]),
            ["starlette native", "starlette base-http"]
        );
        let (a, b) = (
            axes("starlette", "1.0", "native"),
            axes("falcon", "4.0", "native"),
        );
        assert_eq!(labels(&[&a, &b]), ["starlette 1.0", "falcon 4.0"]);
        assert_eq!(labels(&[&a]), ["starlette 1.0"]);
    }
}
