//! Which layer is which of the budget's: by origin, and by order where one occurs several times.

use std::collections::BTreeMap;

use toll_core::audit::Layer;
use toll_core::budget::LayerBudget;

/// For each layer the budget's, if it has it.
pub(super) fn layers<'a>(now: &[Layer], saved: &'a [LayerBudget]) -> Vec<Option<&'a LayerBudget>> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for layer in now {
        let nth = seen.entry(&layer.origin).or_default();
        let mut same = saved.iter().filter(|known| known.origin == layer.origin);
        found.push(same.nth(*nth));
        *nth += 1;
    }
    found
}

/// The names of what the budget has and the application has not.
pub(super) fn gone(now: &[Layer], saved: &[LayerBudget]) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for layer in now {
        *left.entry(&layer.origin).or_default() += 1;
    }
    let mut gone = Vec::new();
    for known in saved {
        match left.get_mut(known.origin.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => gone.push(known.name.clone()),
        }
    }
    gone
}
