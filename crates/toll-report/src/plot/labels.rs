//! Labels at the ends of lines that do not lie upon one another.

/// Labels that have been pushed together and move as one.
struct Cluster {
    /// Places in the input.
    members: Vec<usize>,
    /// Sum of (wanted place − offset inside the cluster).
    sum: f64,
}

impl Cluster {
    fn top(&self, gap: f64, room: (f64, f64)) -> f64 {
        let height = gap * (self.members.len() - 1) as f64;
        (self.sum / self.members.len() as f64)
            .min(room.1 - height)
            .max(room.0)
    }
}

/// Moves the wanted places apart to at least `gap`, inside `room`, and moves them as little as
/// possible (least squares; pool adjacent violators). The order is kept.
pub(super) fn spread(wanted: &[f64], gap: f64, room: (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut clusters: Vec<Cluster> = Vec::new();
    for at in order {
        let mut cluster = Cluster {
            members: vec![at],
            sum: wanted[at],
        };
        while let Some(above) = clusters.pop_if(|above| {
            above.top(gap, room) + gap * above.members.len() as f64 > cluster.top(gap, room)
        }) {
            cluster = merge(above, &cluster, gap);
        }
        clusters.push(cluster);
    }
    let mut places = vec![0.0; wanted.len()];
    for cluster in &clusters {
        let top = cluster.top(gap, room);
        for (row, at) in cluster.members.iter().enumerate() {
            places[*at] = top + gap * row as f64;
        }
    }
    places
}

fn merge(above: Cluster, below: &Cluster, gap: f64) -> Cluster {
    let offset = gap * above.members.len() as f64;
    let sum = above.sum + below.sum - offset * below.members.len() as f64;
    let members = above
        .members
        .into_iter()
        .chain(below.members.iter().copied())
        .collect();
    Cluster { members, sum }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_with_room_stay_where_they_are() {
        assert_eq!(
            spread(&[50.0, 10.0, 90.0], 10.0, (0.0, 100.0)),
            [50.0, 10.0, 90.0]
        );
    }

    #[test]
    fn equal_ends_are_spread_around_their_place() {
        assert_eq!(spread(&[50.0, 50.0], 10.0, (0.0, 100.0)), [45.0, 55.0]);
    }

    proptest! {
        #[test]
        fn no_two_lie_upon_one_another_and_none_leaves(wanted in prop::collection::vec(-20.0..120.0f64, 0..10)) {
            let mut places = spread(&wanted, 10.0, (0.0, 100.0));
            places.sort_by(f64::total_cmp);
            prop_assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 10.0 - 1e-6), "{places:?}");
            prop_assert!(places.iter().all(|place| (-1e-6..=100.0 + 1e-6).contains(place)), "{places:?}");
        }
    }
}
