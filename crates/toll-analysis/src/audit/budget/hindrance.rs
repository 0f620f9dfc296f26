//! What stands in the way of judging, in words.

use toll_core::budget::RequestBudget;

use super::Against;
use crate::audit::Asked;

/// Why nothing of a request can be judged, neither times nor counts.
pub(super) fn of_all(against: &Against, saved: &RequestBudget, asked: &Asked) -> Option<String> {
    let (budget, now) = (&against.budget, &against.conditions);
    let (then, here) = (minor(&budget.python), minor(&now.python));
    if budget.implementation != now.implementation {
        return Some(format!(
            "the budget is of {}, this is {}: neither times nor counts are comparable",
            budget.implementation, now.implementation
        ));
    }
    if then != here {
        return Some(format!(
            "the budget is of Python {then}, this is {here}: another minor version takes other times and counts calls otherwise"
        ));
    }
    (saved.status != asked.status).then(|| {
        format!(
            "the answer has status {}, in the budget {}: that is another way through the application",
            asked.status, saved.status
        )
    })
}

/// Why its times cannot be judged; counts are always taken on asyncio's loop.
pub(super) fn of_times(against: &Against) -> Option<String> {
    let (then, now) = (&against.budget.event_loop, &against.conditions.event_loop);
    (then != now)
        .then(|| format!("the budget is of {then}, this is {now}: times are not comparable"))
}

/// `3.12` of `3.12.4`.
fn minor(version: &str) -> &str {
    let mut points = version.match_indices('.').map(|(place, _)| place);
    points.nth(1).map_or(version, |place| &version[..place])
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn the_minor_version_is_what_counts() {
        assert_eq!(
            ["3.12.4", "3.13.0rc1", "3.8", "3"].map(minor),
            ["3.12", "3.13", "3.8", "3"]
        );
    }
}
