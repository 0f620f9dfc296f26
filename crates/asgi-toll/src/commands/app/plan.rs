//! From requests, and what a first look saw, to a plan: two series a request, and a third where there is
//! another environment.

use std::collections::BTreeMap;

use toll_core::audit::{BARE, CHANGED, Change, WHOLE, cell_of};
use toll_core::axes::{self, Axes};
use toll_core::failure::Failure;
use toll_core::levels::Levels;
use toll_core::plan::{Plan, PythonRequest, SeriesPlan};
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_core::subject::{Kind, Mark, Style, Subject};
use toll_core::workload::{Protocol, Workload};
use toll_lab::instrument::Inspected;

use crate::catalogue::Shelf;

/// The name of what is measured, where suites have a framework's.
const SUBJECT: &str = "app";
/// The kinds of its series.
pub(super) const VARIANTS: &str = "variants";
const BORDERS: &str = "borders";
/// Its variants in another environment.
pub(super) const UPGRADED: &str = "upgraded";
/// Never started: a request is made in-process.
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
}

/// A request, and what a first look saw.
pub(super) struct Seen {
    pub(super) request: Workload,
    pub(super) today: Inspected,
    /// In the other environment, or why it does not answer there.
    pub(super) upgraded: Option<Result<Inspected, Failure>>,
}

impl Seen {
    /// What is measured in the other environment: an application that answers as it does today.
    pub(super) fn comparable(&self) -> Option<&Inspected> {
        let upgraded = self.upgraded.as_ref()?.as_ref().ok()?;
        let same = upgraded.first.answer.status == self.today.first.answer.status;
        same.then_some(upgraded)
    }

    /// What is changed in today's, where that can be compared.
    fn change(&self) -> Option<&Change> {
        let changed = self.today.changed.as_ref();
        changed
            .filter(|(_, answer)| answer.is_possible())
            .map(|(change, _)| change)
    }
}

/// The places of the series of a request in the plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) variants: usize,
    pub(super) borders: usize,
    pub(super) upgraded: Option<usize>,
}

impl Draft<'_> {
    /// One series a request, of the whole application alone, and another in the other environment.
    pub(super) fn to_inspect(&self, requests: &[Workload], kinds: &[&str]) -> Plan {
        let counts = || vec![Instrument::Counts];
        let of = |request| {
            let kinds = kinds.iter();
            kinds.map(move |kind| self.series(request, kind, vec![WHOLE], counts()))
        };
        self.plan(requests.iter().flat_map(of).collect())
    }

    /// The series of each request: its variants, its layers by themselves, and its variants elsewhere.
    pub(super) fn to_measure(&self, seen: &[Seen]) -> (Plan, Vec<Places>) {
        let (mut series, mut places) = (Vec::new(), Vec::new());
        for one in seen {
            let mut put = |planned: SeriesPlan| {
                series.push(planned);
                series.len() - 1
            };
            let comparable = one.comparable();
            let mut levels = variants(&one.today);
            levels.extend(one.change().map(|_| CHANGED));
            let instruments = |levels: &[u32]| {
                let mut instruments = vec![Instrument::Counts];
                // There is nothing to compare the whole with where nothing can be changed.
                let is_compared = levels.len() > 1 || comparable.is_some();
                instruments.extend(is_compared.then_some(Instrument::Ablation));
                instruments
            };
            let timed = instruments(&levels);
            places.push(Places {
                variants: put(SeriesPlan {
                    change: one.change().cloned().unwrap_or_default(),
                    ..self.series(&one.request, VARIANTS, levels, timed)
                }),
                borders: put(self.series(
                    &one.request,
                    BORDERS,
                    borders(&one.today),
                    vec![Instrument::Exclusive],
                )),
                upgraded: comparable.map(|upgraded| {
                    let levels = variants(upgraded);
                    let timed = instruments(&levels);
                    put(self.series(&one.request, UPGRADED, levels, timed))
                }),
            });
        }
        (self.plan(series), places)
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
            change: Change::default(),
        }
    }

    /// Puts what the plan names where it is looked for.
    pub(super) fn shelve(&self, shelf: &mut Shelf, requests: &[Workload]) {
        let kinds = [VARIANTS, BORDERS, UPGRADED].map(|name| (name.to_owned(), kind()));
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
