//! Weighted least squares for designs of a few columns.

/// A pivot below this share of its column means that the column is, to rounding, a combination of
/// the ones before it.
const SINGULAR: f64 = 1e-10;

/// The coefficients that minimise `Σ weight · (value − Σ coefficient · column)²`, one for each of
/// `columns`, by the normal equations scaled to a unit diagonal and Cholesky's decomposition. That
/// is accurate enough for the few well-separated columns that it is meant for.
///
/// `None` where the coefficients are not determined: columns that depend on one another, fewer
/// values than columns, lengths that differ, weights that are not positive, or numbers that are
/// not finite.
pub fn weighted(columns: &[Vec<f64>], values: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    if !is_well_formed(columns, values, weights) {
        return None;
    }
    let product = |one: &[f64], other: &[f64]| -> f64 {
        one.iter()
            .zip(other)
            .zip(weights)
            .map(|((one, other), weight)| one * other * weight)
            .sum()
    };
    let lengths: Vec<f64> = columns
        .iter()
        .map(|column| product(column, column).sqrt())
        .collect();
    if lengths
        .iter()
        .any(|length| *length <= 0.0 || !length.is_finite())
    {
        return None;
    }
    let gram: Vec<Vec<f64>> = (0..columns.len())
        .map(|row| {
            (0..=row)
                .map(|column| {
                    product(&columns[row], &columns[column]) / (lengths[row] * lengths[column])
                })
                .collect()
        })
        .collect();
    let right: Vec<f64> = columns
        .iter()
        .zip(&lengths)
        .map(|(column, length)| product(column, values) / length)
        .collect();
    let scaled = solve(&cholesky(gram)?, right);
    let coefficients: Vec<f64> = scaled
        .iter()
        .zip(&lengths)
        .map(|(coefficient, length)| coefficient / length)
        .collect();
    coefficients
        .iter()
        .all(|coefficient| coefficient.is_finite())
        .then_some(coefficients)
}

fn is_well_formed(columns: &[Vec<f64>], values: &[f64], weights: &[f64]) -> bool {
    let rows = values.len();
    rows >= columns.len()
        && weights.len() == rows
        && columns.iter().all(|column| column.len() == rows)
        && columns
            .iter()
            .flatten()
            .chain(values)
            .all(|number| number.is_finite())
        && weights
            .iter()
            .all(|weight| weight.is_finite() && *weight > 0.0)
}

/// The lower triangle `L` with `L · Lᵀ = matrix`, where `matrix` is given as its lower triangle
/// with a unit diagonal.
fn cholesky(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    for row in 0..matrix.len() {
        for column in 0..=row {
            let inner: f64 = (0..column)
                .map(|k| matrix[row][k] * matrix[column][k])
                .sum();
            let rest = matrix[row][column] - inner;
            matrix[row][column] = if row > column {
                rest / matrix[column][column]
            } else if rest > SINGULAR {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(matrix)
}

/// Solves `L · Lᵀ · x = right`.
fn solve(lower: &[Vec<f64>], mut right: Vec<f64>) -> Vec<f64> {
    let size = lower.len();
    for row in 0..size {
        let inner: f64 = (0..row).map(|k| lower[row][k] * right[k]).sum();
        right[row] = (right[row] - inner) / lower[row][row];
    }
    for row in (0..size).rev() {
        let inner: f64 = (row + 1..size).map(|k| lower[k][row] * right[k]).sum();
        right[row] = (right[row] - inner) / lower[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEVELS: [f64; 6] = [0.0, 1.0, 2.0, 5.0, 10.0, 20.0];

    fn design() -> Vec<Vec<f64>> {
        let terms: [fn(f64) -> f64; 4] =
            [|_| 1.0, |n| f64::from(u8::from(n >= 1.0)), |n| n, |n| n * n];
        terms
            .iter()
            .map(|term| LEVELS.iter().map(|n| term(*n)).collect())
            .collect()
    }

    #[test]
    fn weights_pull_the_line() {
        // One column of ones: the answer is the weighted mean.
        let found = weighted(&[vec![1.0; 3]], &[1.0, 2.0, 6.0], &[1.0, 1.0, 2.0]).unwrap();
        assert!((found[0] - 3.75).abs() < 1e-12);
    }

    #[test]
    fn a_straight_line_by_hand() {
        // x = 0, 1, 2 and y = 1, 3, 4: slope 1.5, intercept 7/6.
        let found = weighted(
            &[vec![1.0; 3], vec![0.0, 1.0, 2.0]],
            &[1.0, 3.0, 4.0],
            &[1.0; 3],
        )
        .unwrap();
        assert!((found[0] - 7.0 / 6.0).abs() < 1e-12 && (found[1] - 1.5).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_determined_is_not_guessed() {
        let ones = vec![1.0, 1.0];
        assert_eq!(
            weighted(&[ones.clone(), ones.clone()], &[1.0, 2.0], &[1.0, 1.0]),
            None
        );
        assert_eq!(
            weighted(&[ones.clone(), vec![0.0, 0.0]], &[1.0, 2.0], &[1.0, 1.0]),
            None
        );
        assert_eq!(
            weighted(
                &[ones.clone(), vec![0.0, 1.0], vec![0.0, 4.0]],
                &[1.0, 2.0],
                &[1.0, 1.0]
            ),
            None
        );
        assert_eq!(
            weighted(std::slice::from_ref(&ones), &[1.0, f64::NAN], &[1.0, 1.0]),
            None
        );
        assert_eq!(
            weighted(std::slice::from_ref(&ones), &[1.0, 2.0], &[1.0, 0.0]),
            None
        );
        assert_eq!(weighted(&[ones], &[1.0, 2.0], &[1.0]), None);
        // The step is the complement of nothing once level 0 is gone.
        let without_zero: Vec<Vec<f64>> = design()[..3]
            .iter()
            .map(|column| column[1..].to_vec())
            .collect();
        assert_eq!(weighted(&without_zero, &[1.0; 5], &[1.0; 5]), None);
    }

    proptest! {
        #[test]
        fn an_exact_model_is_found_again(
            truth in prop::collection::vec(-100.0..100.0, 4), weights in prop::collection::vec(0.01..10.0, 6),
        ) {
            let columns = design();
            let values: Vec<f64> =
                (0..LEVELS.len()).map(|row| truth.iter().zip(&columns).map(|(factor, column)| factor * column[row]).sum()).collect();
            let found = weighted(&columns, &values, &weights).unwrap();
            for (one, other) in found.iter().zip(&truth) {
                prop_assert!((one - other).abs() < 1e-6, "{found:?} instead of {truth:?}");
            }
        }

        #[test]
        fn residuals_are_orthogonal_to_every_column(values in prop::collection::vec(1.0..100.0, 6), weights in prop::collection::vec(0.1..10.0, 6)) {
            let columns = &design()[..3];
            let found = weighted(columns, &values, &weights).unwrap();
            for column in columns {
                let product: f64 = (0..LEVELS.len())
                    .map(|row| {
                        let fitted: f64 = found.iter().zip(columns).map(|(factor, column)| factor * column[row]).sum();
                        weights[row] * column[row] * (values[row] - fitted)
                    })
                    .sum();
                prop_assert!(product.abs() < 1e-6);
            }
        }
    }
}
