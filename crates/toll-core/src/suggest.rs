//! Lists of allowed names, and the one that was probably meant.

/// The nearest of `names`, if it is near enough to be a slip.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = 1 + typed.chars().count() / 4;
    names
        .into_iter()
        .map(|name| (distance(&typed.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `did you mean …? ` where a name is near, and then the list of what is allowed.
pub(crate) fn allowed<'a>(
    typed: &str,
    what: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let list: Vec<String> = names
        .clone()
        .into_iter()
        .map(|name| format!("`{name}`"))
        .collect();
    let list = format!("{what}: {}", list.join(", "));
    match nearest(typed, names) {
        Some(name) => format!("did you mean `{name}`? {list}"),
        None => list,
    }
}

/// Number of characters to insert, delete, replace or swap with their neighbour
/// (optimal string alignment distance).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_slips_are_suggested() {
        let names = ["starlette", "falcon", "muffin"];
        assert_eq!(nearest("starlete", names), Some("starlette"));
        assert_eq!(nearest("Falcon", names), Some("falcon"));
        assert_eq!(nearest("fastapi", names), None);
    }

    #[test]
    fn the_list_is_always_there() {
        assert_eq!(
            allowed("flacon", "there are", ["falcon", "muffin"]),
            "did you mean `falcon`? there are: `falcon`, `muffin`"
        );
        assert_eq!(allowed("x", "there are", ["falcon"]), "there are: `falcon`");
    }
}
