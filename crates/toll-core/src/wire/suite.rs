//! What is written in a suite.

use serde::Deserialize;
use toml::Spanned;

use crate::axes;
use crate::plan::{LATEST, NEWEST};

use super::{LevelList, OneOrMany, Scalar};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) suite: Spanned<Head>,
    pub(crate) measure: Option<Measure>,
    #[serde(default)]
    pub(crate) series: Vec<Spanned<Series>>,
}

/// `[suite]`: its name, and what holds for every series that does not say otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Head {
    pub(crate) name: Spanned<String>,
    pub(crate) description: Option<String>,
    pub(crate) instruments: Option<OneOrMany>,
    pub(crate) load: Option<Spanned<String>>,
    pub(crate) provisioner: Option<Spanned<String>>,
    #[serde(alias = "base_image")]
    pub(crate) base_image: Option<Spanned<String>>,
    pub(crate) exclude_newer: Option<Spanned<Date>>,
    pub(crate) middlewares: Option<Spanned<LevelList>>,
    pub(crate) python: Option<OneOrMany>,
    pub(crate) server: Option<OneOrMany>,
    pub(crate) http: Option<OneOrMany>,
    pub(crate) r#loop: Option<OneOrMany>,
    pub(crate) kind: Option<OneOrMany>,
    pub(crate) workload: Option<OneOrMany>,
    pub(crate) with: Option<OneOrMany>,
}

/// `[[series]]`: every list is an axis of the matrix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Series {
    pub(crate) framework: OneOrMany,
    pub(crate) version: Option<OneOrMany>,
    pub(crate) middlewares: Option<Spanned<LevelList>>,
    pub(crate) python: Option<OneOrMany>,
    pub(crate) server: Option<OneOrMany>,
    pub(crate) http: Option<OneOrMany>,
    pub(crate) r#loop: Option<OneOrMany>,
    pub(crate) kind: Option<OneOrMany>,
    pub(crate) workload: Option<OneOrMany>,
    pub(crate) with: Option<OneOrMany>,
}

/// An axis of the matrix: its name, what is written for it, and its value where nothing is.
pub(crate) type WrittenAxis<'a> = (&'static str, Option<&'a OneOrMany>, &'static str);

/// Stands for the default of the server that is chosen.
pub(crate) const SERVERS_OWN: &str = "";

impl Series {
    /// Every axis that suites may vary; the last one changes fastest.
    pub(crate) fn axes<'a>(&'a self, head: &'a Head) -> [WrittenAxis<'a>; 8] {
        let written =
            |own: &'a Option<OneOrMany>, all: &'a Option<OneOrMany>| own.as_ref().or(all.as_ref());
        [
            (axes::FRAMEWORK, Some(&self.framework), ""),
            (axes::VERSION, self.version.as_ref(), LATEST),
            (axes::PYTHON, written(&self.python, &head.python), NEWEST),
            (axes::SERVER, written(&self.server, &head.server), "uvicorn"),
            (axes::HTTP, written(&self.http, &head.http), SERVERS_OWN),
            (axes::LOOP, written(&self.r#loop, &head.r#loop), SERVERS_OWN),
            (axes::KIND, written(&self.kind, &head.kind), "native"),
            (
                axes::WORKLOAD,
                written(&self.workload, &head.workload),
                "ping",
            ),
        ]
    }
}

/// `[measure]`: how to measure.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Measure {
    pub(crate) connections: Option<Spanned<i64>>,
    pub(crate) slice_ms: Option<Spanned<i64>>,
    pub(crate) blocks: Option<Spanned<i64>>,
    pub(crate) rounds: Option<Spanned<i64>>,
    pub(crate) max_rounds: Option<Spanned<i64>>,
    pub(crate) warmup_ms: Option<Spanned<i64>>,
    pub(crate) timeout_ms: Option<Spanned<i64>>,
    pub(crate) start_timeout_ms: Option<Spanned<i64>>,
    pub(crate) direct_slice_ms: Option<Spanned<i64>>,
    pub(crate) direct_blocks: Option<Spanned<i64>>,
    pub(crate) count_rounds: Option<Spanned<i64>>,
    pub(crate) count_repeats: Option<Spanned<i64>>,
    pub(crate) memory_mib: Option<Spanned<i64>>,
    pub(crate) load: Option<Spanned<String>>,
    pub(crate) transport: Option<Spanned<String>>,
    pub(crate) precision: Option<Spanned<Scalar>>,
    pub(crate) budget: Option<Spanned<Scalar>>,
}

/// A date, with or without quotes.
#[derive(Debug, Clone)]
pub(crate) struct Date(pub(crate) String);

struct DateVisitor;

impl<'de> serde::de::Visitor<'de> for DateVisitor {
    type Value = Date;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a date such as \"2024-01-03\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Date, E> {
        Ok(Date(text.to_owned()))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Date, A::Error> {
        let date =
            toml::value::Datetime::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(Date(date.to_string()))
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DateVisitor)
    }
}
