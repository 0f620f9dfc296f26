//! The terms of the cost model, and which of them a set of levels can tell apart.

/// One term of the cost model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    /// *a*: a request without middlewares.
    Base,
    /// *a + f* together, where no level 0 tells them apart.
    Intercept,
    /// *f*: what the first layer costs beyond the toll.
    FirstLayer,
    /// *b*: one more layer.
    Toll,
    /// *c*: what each layer costs more than the one before, halved.
    Curvature,
}

impl Term {
    /// The term's factor in the cost of `n` middlewares.
    pub(crate) fn factor(self, n: u32) -> f64 {
        match self {
            Self::Base | Self::Intercept => 1.0,
            Self::FirstLayer => f64::from(u8::from(n >= 1)),
            Self::Toll => f64::from(n),
            Self::Curvature => f64::from(n).powi(2),
        }
    }
}

/// The terms that rising `levels` determine, without curvature. Empty without levels.
pub(crate) fn straight(levels: &[u32]) -> Vec<Term> {
    match (levels.first() == Some(&0), layered(levels)) {
        (true, 0) => vec![Term::Base],
        (true, 1) => vec![Term::Base, Term::Toll],
        (true, _) => vec![Term::Base, Term::FirstLayer, Term::Toll],
        (false, 0) => Vec::new(),
        (false, 1) => vec![Term::Intercept],
        (false, _) => vec![Term::Intercept, Term::Toll],
    }
}

/// The same with curvature, where three levels with layers determine it.
pub(crate) fn curved(levels: &[u32]) -> Option<Vec<Term>> {
    (layered(levels) >= 3).then(|| {
        let mut terms = straight(levels);
        terms.push(Term::Curvature);
        terms
    })
}

/// What should be said about the terms that `levels` leave undetermined.
pub(crate) fn note(levels: &[u32]) -> Option<String> {
    let from_zero = levels.first() == Some(&0);
    match (from_zero, layered(levels), levels.last()) {
        (true, 1, Some(most)) if *most > 1 => Some(format!(
            "Only 0 and {most} middlewares were measured: the toll is the mean over those {most} layers, the first \
             one included, and the first layer is not told apart."
        )),
        (true, 1, Some(_)) => Some("Only 0 and 1 middlewares were measured: the toll is the cost of the first layer.".to_owned()),
        (false, 2.., _) => Some(
            "No cell without middlewares was measured: there is no base and no first layer, only the toll between the \
             levels."
                .to_owned(),
        ),
        (_, 0 | 1, Some(only)) => {
            Some(format!("Only the cell with {only} middlewares was measured: a toll needs two different numbers."))
        }
        _ => None,
    }
}

/// How many of the levels have a layer.
fn layered(levels: &[u32]) -> usize {
    levels.iter().filter(|n| **n >= 1).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_levels_determine_is_asked_for() {
        use Term::{Base, Curvature, FirstLayer, Intercept, Toll};
        let cases: [(&[u32], &[Term], bool); 8] = [
            (&[], &[], false),
            (&[0], &[Base], false),
            (&[7], &[Intercept], false),
            (&[0, 20], &[Base, Toll], false),
            (&[5, 20], &[Intercept, Toll], false),
            (&[0, 10, 20], &[Base, FirstLayer, Toll], false),
            (&[1, 10, 20], &[Intercept, Toll], true),
            (&[0, 1, 10, 20], &[Base, FirstLayer, Toll], true),
        ];
        for (levels, terms, has_curvature) in cases {
            assert_eq!(straight(levels), terms, "{levels:?}");
            assert_eq!(
                curved(levels).is_some_and(|terms| terms.contains(&Curvature)),
                has_curvature,
                "{levels:?}"
            );
        }
    }

    #[test]
    fn every_gap_is_spoken_of() {
        for levels in [&[0][..], &[7], &[0, 1], &[0, 20], &[5, 20], &[1, 2, 3]] {
            assert!(note(levels).is_some(), "{levels:?}");
        }
        assert_eq!(note(&[0, 1, 2]), None);
        assert_eq!(note(&[]), None);
        assert!(
            note(&[0, 20])
                .unwrap()
                .contains("mean over those 20 layers")
        );
    }
}
