//! Names that tell every series of a result apart.

use std::collections::BTreeMap;

use toll_core::axes::{self, Axes};

use crate::results::SeriesResult;

/// Gives every series the shortest name that is its own: by its axes, then by the start of its
/// run (`starts`, one for each series), then by a number.
pub(crate) fn set(series: &mut [SeriesResult], starts: &[String]) {
    let all: Vec<&Axes> = series.iter().map(|series| &series.axes).collect();
    let mut labels = axes::labels(&all);
    tell_apart(&mut labels, |place, _| {
        format!("({})", starts.get(place).map_or("", String::as_str))
    });
    tell_apart(&mut labels, |_, occurrence| format!("#{occurrence}"));
    for (series, label) in series.iter_mut().zip(labels) {
        series.label = label;
    }
}

/// Appends `suffix(place, occurrence)` to every label that is not alone, unless all its namesakes
/// would get the same.
fn tell_apart(labels: &mut [String], suffix: impl Fn(usize, usize) -> String) {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, label) in labels.iter().enumerate() {
        places.entry(label.clone()).or_default().push(place);
    }
    for places in places.values().filter(|places| places.len() > 1) {
        let suffixes: Vec<String> = places
            .iter()
            .enumerate()
            .map(|(k, place)| suffix(*place, k + 1))
            .collect();
        if suffixes.iter().any(|suffix| *suffix != suffixes[0]) {
            places.iter().zip(suffixes).for_each(|(place, suffix)| {
                labels[*place] = format!("{} {suffix}", labels[*place]);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_apart(labels: &[&str], starts: &[&str]) -> Vec<String> {
        let mut labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
        tell_apart(&mut labels, |place, _| format!("({})", starts[place]));
        tell_apart(&mut labels, |_, occurrence| format!("#{occurrence}"));
        labels
    }

    #[test]
    fn namesakes_get_the_start_of_their_run() {
        assert_eq!(
            told_apart(&["a", "b", "a"], &["8:00", "8:00", "9:00"]),
            ["a (8:00)", "b", "a (9:00)"]
        );
    }

    #[test]
    fn namesakes_of_one_run_get_a_number() {
        assert_eq!(told_apart(&["a", "a"], &["8:00", "8:00"]), ["a #1", "a #2"]);
        assert_eq!(
            told_apart(&["a", "a", "a"], &["8:00", "8:00", "9:00"]),
            ["a (8:00) #1", "a (8:00) #2", "a (9:00)"]
        );
    }
}
