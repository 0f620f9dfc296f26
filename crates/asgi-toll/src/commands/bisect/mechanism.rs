//! What changed in the code of a step: the functions that are called differently, and the files that differ.

use std::collections::BTreeMap;

use similar::{ChangeTag, TextDiff};
use toll_analysis::bisect::{FileChange, FunctionChange, Mechanism};
use toll_core::sample::Instrument;
use toll_lab::driving::FunctionCalls;
use toll_lab::provision::python_files;

use super::prober::Prober;
use crate::comparing::{Side, order};
use crate::job::{self, Task};

/// Functions and files that are told.
const MOST_FUNCTIONS: usize = 12;
const MOST_FILES: usize = 8;
/// Lines of a difference that are told.
const MOST_LINES: usize = 60;

/// What changed between two releases in the culprit's code. Nothing where it cannot be looked at: it
/// explains the step, and the step stands without it.
pub(super) fn of(
    prober: &mut Prober<'_>,
    places: (usize, usize),
    culprit: Option<&str>,
) -> Mechanism {
    let distribution = culprit.unwrap_or(&prober.range.distribution).to_owned();
    looked_at(prober, places, &distribution).unwrap_or_default()
}

fn looked_at(
    prober: &mut Prober<'_>,
    (low, high): (usize, usize),
    distribution: &str,
) -> anyhow::Result<Mechanism> {
    let held = prober.held(vec![Instrument::Counts]);
    let sides = [low, high]
        .map(|place| Side::release(&prober.range.distribution, &prober.range.versions[place]));
    let mut order = order(&sides, &held)?;
    for (series, place) in order.plan.series.iter_mut().zip([low, high]) {
        prober.settle(series, place);
    }
    order.out = Some(prober.folder());
    let mut task = Task::new(order)?;
    let prepared = job::prepare(&task, prober.workshop)?;
    let (middlewares, profiles) = job::profiles(&mut task, &prepared)?;
    let [before, after] = &profiles[..] else {
        return Ok(Mechanism::default());
    };
    let mut functions = functions(before, after);
    let files = |place: usize| {
        let environment = prepared.environments.get(place)?.as_ref().ok()?;
        python_files(environment, distribution)
    };
    let changed = files(0).zip(files(1));
    let changed = changed
        .map(|(before, after)| changed_files(&before, &after, &functions))
        .unwrap_or_default();
    // What the changed code itself does comes before what it makes others do.
    functions.sort_by_key(|function| !changed.iter().any(|file| file.file == function.file));
    Ok(Mechanism {
        middlewares,
        files: changed,
        functions: functions.into_iter().take(MOST_FUNCTIONS).collect(),
    })
}

/// Functions whose calls differ, the largest differences first.
fn functions(before: &[FunctionCalls], after: &[FunctionCalls]) -> Vec<FunctionChange> {
    let mut changes: BTreeMap<(String, String), FunctionChange> = BTreeMap::new();
    let sides = before
        .iter()
        .map(|one| (one, false))
        .chain(after.iter().map(|one| (one, true)));
    for (function, is_after) in sides {
        let key = (function.file.clone(), function.name.clone());
        let change = changes.entry(key).or_insert_with(|| FunctionChange {
            file: function.file.clone(),
            name: function.name.clone(),
            line: function.line,
            calls_before: 0,
            calls_after: 0,
        });
        // Functions of one name, such as lambdas, are one.
        if is_after {
            change.line = function.line;
            change.calls_after += function.calls;
        } else {
            change.calls_before += function.calls;
        }
    }
    let mut changes: Vec<FunctionChange> = changes
        .into_values()
        .filter(|change| change.calls_before != change.calls_after)
        .collect();
    changes
        .sort_by_key(|change| std::cmp::Reverse((change.calls_after - change.calls_before).abs()));
    changes
}

/// Files that differ, those first whose functions are called differently.
fn changed_files(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    functions: &[FunctionChange],
) -> Vec<FileChange> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |files: &BTreeMap<String, String>, name: &String| {
        files.get(name).cloned().unwrap_or_default()
    };
    let mut changed: Vec<FileChange> = names
        .into_iter()
        .map(|name| (name, text(before, name), text(after, name)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| file_change(name, &before, &after, functions))
        .collect();
    changed.sort_by_key(|file| std::cmp::Reverse((file.calls_changed, file.added + file.removed)));
    changed.truncate(MOST_FILES);
    changed
}

fn file_change(name: &str, before: &str, after: &str, functions: &[FunctionChange]) -> FileChange {
    let diff = TextDiff::from_lines(before, after);
    let count = |tag: ChangeTag| {
        diff.iter_all_changes()
            .filter(|change| change.tag() == tag)
            .count()
    };
    let own = functions.iter().filter(|function| function.file == name);
    let shown = diff.unified_diff().context_radius(2).to_string();
    let lines: Vec<&str> = shown.lines().take(MOST_LINES).collect();
    FileChange {
        file: name.to_owned(),
        calls_changed: own
            .map(|one| (one.calls_after - one.calls_before).abs())
            .sum(),
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        diff: lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(file: &str, name: &str, calls: i64) -> FunctionCalls {
        FunctionCalls {
            file: file.to_owned(),
            name: name.to_owned(),
            line: 1,
            calls,
        }
    }

    #[test]
    fn files_are_ranked_by_the_calls_of_their_functions() {
        let before = [
            calls("a.py", "f", 10),
            calls("b.py", "g", 5),
            calls("b.py", "h", 1),
        ];
        let after = [
            calls("a.py", "f", 10),
            calls("b.py", "g", 50),
            calls("b.py", "new", 3),
        ];
        let functions = functions(&before, &after);
        assert_eq!(functions[0].name, "g");
        assert_eq!(
            functions
                .iter()
                .find(|one| one.name == "h")
                .unwrap()
                .calls_after,
            0
        );
        let files = |a: &str, b: &str| {
            [("a.py", a), ("b.py", b), ("c.py", "same\n")]
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .into_iter()
                .collect::<BTreeMap<_, _>>()
        };
        let changed = changed_files(
            &files("x\ny\nz\n", "1\n"),
            &files("p\nq\nr\ns\n", "2\n"),
            &functions,
        );
        let names: Vec<&str> = changed.iter().map(|file| file.file.as_str()).collect();
        assert_eq!(names, ["b.py", "a.py"]);
        assert_eq!((changed[0].added, changed[0].removed), (1, 1));
        assert!(changed[0].diff.contains("+2"));
    }
}
