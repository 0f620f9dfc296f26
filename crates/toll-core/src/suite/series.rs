//! `[[series]]`: every list is multiplied out.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::{Catalogue, SeriesSpec, check};
use crate::axes::{self, Axes};
use crate::diagnostic::{Diagnostic, Source};
use crate::levels::Levels;
use crate::plan::NotApplicable;
use crate::sample::Instrument;
use crate::settings::{Settings, Transport};
use crate::subject::Subject;
use crate::wire::OneOrMany;
use crate::wire::suite::{File, Head, Series, WrittenAxis};
use crate::workload::{Protocol, Workload};

/// The most series that a suite may come to: more is a slip in a list, and would take days.
const SERIES_MAX: usize = 1_000;

/// One value on an axis, and where it is written; a default points at the series' framework.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// The values that one `[[series]]` names, by axis.
struct Choices(Vec<(&'static str, Vec<Choice>)>);

/// One value on each axis.
pub(super) type Combination<'a> = BTreeMap<&'static str, &'a Choice>;

/// What all series of one `[[series]]` share.
struct Shared {
    levels: Levels,
    with: Vec<String>,
}

/// What all lists come to.
pub(super) struct Matrix {
    pub(super) series: Vec<SeriesSpec>,
    pub(super) not_applicable: Vec<NotApplicable>,
}

/// What one combination comes to.
enum Found {
    Series(SeriesSpec),
    NotApplicable(NotApplicable),
}

pub(super) struct Reader<'a> {
    pub(super) source: Source<'a>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) instruments: &'a [Instrument],
    pub(super) settings: &'a Settings,
}

pub(super) fn all(
    source: Source<'_>,
    catalogue: &Catalogue,
    file: &File,
    instruments: &[Instrument],
    settings: &Settings,
) -> Result<Matrix, Diagnostic> {
    let reader = Reader {
        source,
        catalogue,
        instruments,
        settings,
    };
    let mut found: Vec<(SeriesSpec, Range<usize>)> = Vec::new();
    let mut not_applicable = Vec::new();
    for written in &file.series {
        let head = file.suite.get_ref();
        let shared = reader.shared(head, written.get_ref())?;
        let choices = reader.choices(head, written.get_ref())?;
        if choices.count().saturating_add(found.len()) > SERIES_MAX {
            let message = format!("the suite comes to more than {SERIES_MAX} series here");
            return Err(source
                .at(written.span(), message)
                .help("every list multiplies their number; make some shorter"));
        }
        let before = found.len();
        for combination in choices.combinations() {
            let span = combination[axes::FRAMEWORK].span.clone();
            match reader.found(&shared, &combination, &choices)? {
                Found::NotApplicable(which) => not_applicable.push(which),
                Found::Series(spec) => {
                    reader.refuse_twice(&found, &spec, &span)?;
                    found.push((spec, span));
                }
            }
        }
        if let (true, Some(which)) = (found.len() == before, not_applicable.last()) {
            let message = format!("nothing of this series can exist: {}", which.reason);
            return Err(source.at(written.span(), message));
        }
    }
    Ok(Matrix {
        series: found.into_iter().map(|(spec, _)| spec).collect(),
        not_applicable,
    })
}

impl Choices {
    /// The values on an axis.
    fn on(&self, axis: &str) -> &[Choice] {
        let found = self.0.iter().find(|(name, _)| *name == axis);
        found.map_or(&[], |(_, values)| values)
    }

    fn count(&self) -> usize {
        let lengths = self.0.iter().map(|(_, values)| values.len());
        lengths.fold(1, usize::saturating_mul)
    }

    /// Every combination; the last axis changes fastest.
    fn combinations(&self) -> impl Iterator<Item = Combination<'_>> {
        (0..self.count()).map(|number| {
            let mut rest = number;
            let mut chosen = Combination::new();
            for (axis, values) in self.0.iter().rev() {
                chosen.insert(axis, &values[rest % values.len()]);
                rest /= values.len();
            }
            chosen
        })
    }
}

impl Reader<'_> {
    fn shared(&self, head: &Head, series: &Series) -> Result<Shared, Diagnostic> {
        let Some(middlewares) = series.middlewares.as_ref().or(head.middlewares.as_ref()) else {
            let message =
                "neither this series nor the suite says at how many `middlewares` to measure";
            return Err(self
                .source
                .at(series.framework.span.clone(), message)
                .help("add `middlewares = [0, 1, 2, 5, 10, 20]` to `[suite]`"));
        };
        let with = series.with.as_ref().or(head.with.as_ref());
        let with = with.map_or(&[][..], |with| with.items.as_slice());
        Ok(Shared {
            levels: check::levels(self.source, middlewares)?,
            with: self.source.requirements(with)?,
        })
    }

    fn choices(&self, head: &Head, series: &Series) -> Result<Choices, Diagnostic> {
        let place = &series.framework.span;
        let axes = series.axes(head).into_iter();
        axes.map(|axis| Ok((axis.0, self.values(axis, place)?)))
            .collect::<Result<_, _>>()
            .map(Choices)
    }

    fn values(
        &self,
        axis: WrittenAxis<'_>,
        place: &Range<usize>,
    ) -> Result<Vec<Choice>, Diagnostic> {
        let (_, written, default) = axis;
        let Some(written) = written else {
            return Ok(vec![Choice {
                text: default.to_owned(),
                span: place.clone(),
            }]);
        };
        self.refuse_empty_and_repeated(written)?;
        let choice = |item: &Spanned<String>| Choice {
            text: item.get_ref().clone(),
            span: item.span(),
        };
        Ok(written.items.iter().map(choice).collect())
    }

    fn refuse_empty_and_repeated(&self, written: &OneOrMany) -> Result<(), Diagnostic> {
        if written.items.is_empty() {
            let diagnostic = self.source.at(written.span.clone(), "the list is empty");
            return Err(diagnostic.help("name one value at least, or leave the key out"));
        }
        for (place, item) in written.items.iter().enumerate() {
            let value = item.get_ref();
            if value.trim().is_empty() {
                let diagnostic = self.source.at(item.span(), "the value is empty");
                return Err(diagnostic.help("leave the key out to have its default"));
            }
            if written.items[..place]
                .iter()
                .any(|before| before.get_ref() == value)
            {
                return Err(self
                    .source
                    .at(item.span(), format!("`{value}` is named twice")));
            }
        }
        Ok(())
    }

    /// One combination: a series, or why it cannot exist.
    fn found(
        &self,
        shared: &Shared,
        chosen: &Combination<'_>,
        choices: &Choices,
    ) -> Result<Found, Diagnostic> {
        let subject = self.subject(chosen[axes::FRAMEWORK])?;
        self.refuse_image_elsewhere(subject, shared, chosen[axes::FRAMEWORK])?;
        let workload = self.workload(chosen[axes::WORKLOAD])?;
        let axes = self.axes(subject, shared, chosen)?;
        let not_applicable = |reason| {
            let axes = axes.clone();
            Ok(Found::NotApplicable(NotApplicable { axes, reason }))
        };
        let Some(kind) = self.kind(chosen[axes::KIND], subject, choices.on(axes::FRAMEWORK))?
        else {
            return not_applicable(format!(
                "{} has no {}",
                subject.name,
                chosen[axes::KIND].text
            ));
        };
        if let Some(reason) = subject.refusal(kind, workload) {
            return not_applicable(reason);
        }
        let instruments = match self.able(subject, workload) {
            Ok(instruments) => instruments,
            Err(reason) => return not_applicable(reason.to_owned()),
        };
        let (server, _) = self.server_of(subject, chosen[axes::SERVER])?;
        Ok(Found::Series(SeriesSpec {
            axes,
            python: check::python(self.source, chosen[axes::PYTHON])?,
            server,
            with: shared.with.clone(),
            levels: shared.levels.clone(),
            instruments,
        }))
    }

    /// The instruments that can measure a subject with a workload, or why none can.
    fn able(
        &self,
        subject: &Subject,
        workload: &Workload,
    ) -> Result<Vec<Instrument>, &'static str> {
        let speaks = self.settings.external_load().is_none() || workload.protocol == Protocol::Http;
        let able = |instrument: &Instrument| match instrument {
            Instrument::Load => speaks,
            _ => subject.port.is_none(),
        };
        let instruments: Vec<Instrument> = self.instruments.iter().copied().filter(able).collect();
        match instruments.is_empty() {
            false => Ok(instruments),
            true if speaks => Err("an image of one's own is measured by `load` alone"),
            true => Err("this load generator does not speak websockets"),
        }
    }

    /// An image listens on a port in a network of its own.
    fn refuse_image_elsewhere(
        &self,
        subject: &Subject,
        shared: &Shared,
        written: &Choice,
    ) -> Result<(), Diagnostic> {
        if subject.port.is_some() && shared.levels == Levels::Auto {
            let message = format!(
                "`{}` is an image, which cannot be tried out first",
                subject.name
            );
            let help = "write numbers instead of \"auto\": middlewares = [0, 1, 2, 5, 10, 20]";
            return Err(self.source.at(written.span.clone(), message).help(help));
        }
        let published = self.settings.transport == Transport::Published;
        if subject.port.is_none() || (published && self.settings.containers.is_some()) {
            return Ok(());
        }
        let message = format!(
            "`{}` is an image, which listens on a port in a network of its own",
            subject.name
        );
        let help =
            "write provisioner = \"docker\" in [suite] and transport = \"published\" in [measure]";
        Err(self.source.at(written.span.clone(), message).help(help))
    }

    /// What a combination is called, every name in it checked.
    fn axes(
        &self,
        subject: &Subject,
        shared: &Shared,
        chosen: &Combination<'_>,
    ) -> Result<Axes, Diagnostic> {
        let (request, server) = self.server_of(subject, chosen[axes::SERVER])?;
        check::version(self.source, chosen[axes::VERSION])?;
        let http = (&server.http, server.default_http.as_str());
        let event_loop = (&server.loops, server.default_loop.as_str());
        let mut axes: Axes = chosen
            .iter()
            .map(|(axis, choice)| (*axis, choice.text.as_str()))
            .collect();
        axes.set(axes::SERVER, request.to_string());
        for (axis, offers) in [(axes::HTTP, http), (axes::LOOP, event_loop)] {
            let value = if subject.port.is_some() {
                offers.1.to_owned()
            } else {
                self.offered(chosen, axis, &server.name, offers)?
            };
            axes.set(axis, value);
        }
        if !shared.with.is_empty() {
            axes.set(axes::WITH, shared.with.join(", "));
        }
        Ok(axes)
    }

    fn refuse_twice(
        &self,
        found: &[(SeriesSpec, Range<usize>)],
        spec: &SeriesSpec,
        span: &Range<usize>,
    ) -> Result<(), Diagnostic> {
        let axes = &spec.axes;
        let Some((_, first)) = found.iter().find(|(other, _)| other.axes == *axes) else {
            return Ok(());
        };
        let (here, there) = (self.source.line(span.start), self.source.line(first.start));
        let message =
            format!("the series {axes} is there twice: on line {there} and on line {here}");
        Err(self
            .source
            .at(span.clone(), message)
            .help("take one of them out, or change an axis of it"))
    }
}
