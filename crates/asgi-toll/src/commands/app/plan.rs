//! From requests, and what a first look saw, to a plan: a series a request for each way to measure it.

use std::collections::BTreeMap;

use toll_core::audit::{BARE, WHOLE, cell_of};
use toll_core::axes::{self, Axes};
use toll_core::levels::Levels;
use toll_core::plan::{Plan, PythonRequest, SeriesPlan};
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_core::subject::{Kind, Mark, Style, Subject};
use toll_core::workload::{Protocol, Workload};
use toll_lab::instrument::Inspected;

use super::served::{self, Chosen};
use crate::catalogue::Shelf;

/// The name of what is measured, where suites have a framework's.
const SUBJECT: &str = "app";
/// The kinds of its series.
pub(super) const VARIANTS: &str = "variants";
pub(super) const BORDERS: &str = "borders";
pub(super) const SERVED: &str = "served";
/// Never started, but for what is served: a request is made in-process.
const SERVER: &str = "uvicorn";

/// Blocks in a round, and CPU time of a slice: many short ones, because what differs between variants is
/// a small part of what they share.
const BLOCKS: u32 = 16;
const SLICE_MS: u64 = 3;
/// An interval needs six rounds of fresh processes.
const ROUNDS: (u32, u32) = (6, 24);
const TIMEOUT_MS: u64 = 30_000;

/// What an audit is made of.
pub(super) struct Draft<'a> {
    pub(super) app: &'a str,
    pub(super) event_loop: &'a str,
    pub(super) lifespan: &'a str,
    /// Wall seconds, all requests together.
    pub(super) budget_s: u64,
    /// How it is measured.
    pub(super) instruments: &'a [Instrument],
    /// The server, where it is put under load.
    pub(super) server: Option<Chosen>,
}

impl Draft<'_> {
    /// One series a request, of the whole application alone.
    pub(super) fn to_inspect(&self, requests: &[Workload]) -> Plan {
        let series = requests
            .iter()
            .map(|request| self.series(request, VARIANTS, vec![WHOLE], vec![Instrument::Counts]));
        self.plan(series.collect())
    }

    /// For each request its variants, its layers by themselves, and the whole under a server, as far
    /// as they are asked for.
    pub(super) fn to_measure<'r>(
        &self,
        seen: impl Iterator<Item = (&'r Workload, &'r Inspected)>,
    ) -> Plan {
        let series = |(request, seen): (&Workload, &Inspected)| {
            let variants = variants(seen);
            let mut by_variants = vec![Instrument::Counts];
            // There is nothing to compare the whole with where nothing can be taken out; then the other
            // way knows the whole as well.
            let alone = variants.len() == 1 && self.asks(Instrument::Exclusive);
            by_variants.extend((!alone).then_some(Instrument::Ablation));
            let kinds = [
                (VARIANTS, variants, by_variants),
                (BORDERS, borders(seen), vec![Instrument::Exclusive]),
                (SERVED, served::cells(seen), vec![Instrument::Load]),
            ];
            let asked = kinds.into_iter().filter_map(|(kind, cells, by)| {
                let by: Vec<Instrument> = by.into_iter().filter(|by| self.asks(*by)).collect();
                (!by.is_empty()).then(|| self.series(request, kind, cells, by))
            });
            asked
                .map(|series| self.served(seen, series))
                .collect::<Vec<_>>()
        };
        self.plan(seen.flat_map(series).collect())
    }

    fn asks(&self, instrument: Instrument) -> bool {
        self.instruments.contains(&instrument)
    }

    /// The series under its server, if it is one.
    fn served(&self, seen: &Inspected, series: SeriesPlan) -> SeriesPlan {
        match &self.server {
            Some(chosen) if series.axes.get(axes::KIND) == SERVED => {
                served::under(chosen, seen, series)
            }
            _ => series,
        }
    }

    fn plan(&self, series: Vec<SeriesPlan>) -> Plan {
        Plan {
            suite: format!("app {}", self.app),
            description: String::new(),
            settings: Settings {
                rounds_min: ROUNDS.0,
                rounds_max: ROUNDS.1,
                timeout_ms: TIMEOUT_MS,
                budget_s: self.budget_s,
                direct_blocks: BLOCKS,
                direct_slice_ms: SLICE_MS,
                count_rounds: 1,
                count_repeats: 2,
                ..Settings::default()
            },
            quick: false,
            series,
            not_applicable: Vec::new(),
        }
    }

    fn series(
        &self,
        request: &Workload,
        kind: &str,
        levels: Vec<u32>,
        instruments: Vec<Instrument>,
    ) -> SeriesPlan {
        let mut named = Axes::default();
        for (axis, value) in [
            (axes::FRAMEWORK, self.app),
            (axes::LOOP, self.event_loop),
            (axes::KIND, kind),
            (axes::WORKLOAD, &request.name),
        ] {
            named.set(axis, value);
        }
        SeriesPlan {
            axes: named,
            requirements: Vec::new(),
            python: PythonRequest::Newest,
            exclude_newer: None,
            subject: SUBJECT.to_owned(),
            server: SERVER.to_owned(),
            levels: Levels::Listed(levels),
            instruments,
            definition: String::new(),
            apart: toll_core::plan::Apart::default(),
        }
    }

    /// Puts what the plan names where it is looked for.
    pub(super) fn shelve(&self, shelf: &mut Shelf, requests: &[Workload]) {
        let kinds = [VARIANTS, BORDERS, SERVED].map(|name| (name.to_owned(), kind()));
        let subject = Subject {
            name: SUBJECT.to_owned(),
            distribution: String::new(),
            port: None,
            requires: Vec::new(),
            lifespan: self.lifespan.to_owned(),
            kinds: kinds.into_iter().collect(),
            not_applicable: BTreeMap::new(),
        };
        let catalogue = &mut shelf.catalogue;
        catalogue.subjects.insert(SUBJECT.to_owned(), subject);
        let named = requests
            .iter()
            .map(|request| (request.name.clone(), request.clone()));
        catalogue.workloads.extend(named);
    }
}

/// The place in a plan of a request's series of one kind, if there is one.
pub(super) fn place_of(plan: &Plan, request: &str, kind: &str) -> Option<usize> {
    let is_it = |series: &SeriesPlan| {
        (series.axes.get(axes::WORKLOAD), series.axes.get(axes::KIND)) == (request, kind)
    };
    plan.series.iter().position(is_it)
}

/// The whole, without each layer that can be taken out, and without all of these.
fn variants(seen: &Inspected) -> Vec<u32> {
    let possible = seen
        .removals
        .iter()
        .enumerate()
        .filter(|(_, removal)| removal.is_possible());
    let mut levels = vec![WHOLE];
    levels.extend(possible.map(|(place, _)| cell_of(place)));
    // With a single one, without all is without that one.
    if levels.len() > 2 {
        levels.push(BARE);
    }
    levels
}

/// The whole, every layer, and what is inside of all of them.
fn borders(seen: &Inspected) -> Vec<u32> {
    let layers = (0..seen.layers.len()).map(cell_of);
    std::iter::once(WHOLE).chain(layers).chain([BARE]).collect()
}

/// Layers that leave no mark of ours: they are somebody's own.
fn kind() -> Kind {
    Kind {
        style: Style::Layer,
        mark: Mark::Stack,
        about: String::new(),
        docs: String::new(),
        requires: Vec::new(),
        scopes: vec![Protocol::Http],
        asgi: false,
        proves: BTreeMap::new(),
    }
}
