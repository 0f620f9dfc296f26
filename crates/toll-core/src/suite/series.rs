//! `[[series]]`: every list is multiplied out.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::{Catalogue, SeriesSpec, check};
use crate::axes::{self, Axes};
use crate::diagnostic::{Diagnostic, Source};
use crate::wire::OneOrMany;
use crate::wire::suite::{File, Head, Series, WrittenAxis};

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
    levels: Vec<u32>,
    with: Vec<String>,
}

pub(super) struct Reader<'a> {
    pub(super) source: Source<'a>,
    pub(super) catalogue: &'a Catalogue,
}

pub(super) fn all(
    source: Source<'_>,
    catalogue: &Catalogue,
    file: &File,
) -> Result<Vec<SeriesSpec>, Diagnostic> {
    let reader = Reader { source, catalogue };
    let mut found: Vec<(SeriesSpec, Range<usize>)> = Vec::new();
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
        for combination in choices.combinations() {
            let spec = reader.spec(&shared, &combination)?;
            let span = combination[axes::FRAMEWORK].span.clone();
            reader.refuse_twice(&found, &spec, &span)?;
            found.push((spec, span));
        }
    }
    Ok(found.into_iter().map(|(spec, _)| spec).collect())
}

impl Choices {
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

    fn spec(&self, shared: &Shared, chosen: &Combination<'_>) -> Result<SeriesSpec, Diagnostic> {
        let subject = self.subject(chosen[axes::FRAMEWORK])?;
        let (request, server) = self.server(chosen[axes::SERVER])?;
        check::version(self.source, chosen[axes::VERSION])?;
        self.kind(chosen[axes::KIND], subject)?;
        self.workload(chosen[axes::WORKLOAD])?;
        let http = (&server.http, server.default_http.as_str());
        let event_loop = (&server.loops, server.default_loop.as_str());
        let mut axes: Axes = chosen
            .iter()
            .map(|(axis, choice)| (*axis, choice.text.as_str()))
            .collect();
        axes.set(axes::SERVER, request.to_string());
        axes.set(
            axes::HTTP,
            self.offered(chosen, axes::HTTP, &server.name, http)?,
        );
        axes.set(
            axes::LOOP,
            self.offered(chosen, axes::LOOP, &server.name, event_loop)?,
        );
        if !shared.with.is_empty() {
            axes.set(axes::WITH, shared.with.join(", "));
        }
        Ok(SeriesSpec {
            axes,
            python: check::python(self.source, chosen[axes::PYTHON])?,
            server: request,
            with: shared.with.clone(),
            levels: shared.levels.clone(),
        })
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
