//! Which thread evaluates what: each thread keeps to the types it has compiled.
//!
//! A thread that comes to a type compiles its rules. So the threads begin with types of their own,
//! those with the most work first, and help each other only where enough is left to be worth
//! compiling the rules once more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::model::ResourceType;

/// Tasks that a thread takes at a time.
const BATCH: usize = 32;
/// Fewer evaluations than these are left to the thread that has the type.
const WORTH_COMPILING: usize = 4_000;

/// The tasks of one call, by type.
pub(super) struct Queues(Vec<Queue>);

/// The tasks of one type.
struct Queue {
    of: ResourceType,
    /// Positions among the tasks of the call.
    tasks: Vec<usize>,
    /// The first of them that no thread has taken.
    next: AtomicUsize,
    /// Whether a thread has compiled its rules.
    taken: AtomicBool,
    /// Rules that are run on each.
    rules: usize,
}

impl Queues {
    /// The queues of tasks that have these types and numbers of rules.
    pub(super) fn of(tasks: impl Iterator<Item = (ResourceType, usize)>) -> Self {
        let mut queues: BTreeMap<ResourceType, Queue> = BTreeMap::new();
        for (position, (of, rules)) in tasks.enumerate() {
            let queue = queues.entry(of).or_insert_with(|| Queue {
                of,
                tasks: Vec::new(),
                next: AtomicUsize::new(0),
                taken: AtomicBool::new(false),
                rules: 0,
            });
            queue.tasks.push(position);
            queue.rules = queue.rules.max(rules);
        }
        let mut queues: Vec<Queue> = queues.into_values().collect();
        queues.sort_by_key(|queue| std::cmp::Reverse(queue.tasks.len() * queue.rules));
        Self(queues)
    }

    /// How many threads can be at work at the same time.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|queue| 1 + queue.tasks.len() * queue.rules / WORTH_COMPILING).sum()
    }

    /// Calls `work` with the position of one task after the other, until no task is left that is
    /// worth this thread's while; `compiled` are the types that it has from earlier calls.
    pub(super) fn drain(&self, compiled: &BTreeSet<ResourceType>, mut work: impl FnMut(usize)) {
        let (known, others): (Vec<&Queue>, Vec<&Queue>) = self.0.iter().partition(|queue| compiled.contains(&queue.of));
        for queue in known.iter().chain(&others) {
            if !queue.taken.swap(true, Ordering::Relaxed) {
                queue.drain(&mut work);
            }
        }
        for queue in known {
            queue.drain(&mut work);
        }
        for queue in others {
            if queue.left() * queue.rules >= WORTH_COMPILING {
                queue.drain(&mut work);
            }
        }
    }
}

impl Queue {
    fn left(&self) -> usize {
        self.tasks.len().saturating_sub(self.next.load(Ordering::Relaxed))
    }

    fn drain(&self, work: &mut impl FnMut(usize)) {
        while let Some(batch) = self.batch() {
            self.tasks[batch].iter().copied().for_each(&mut *work);
        }
    }

    fn batch(&self) -> Option<Range<usize>> {
        let start = self.next.fetch_add(BATCH, Ordering::Relaxed);
        (start < self.tasks.len()).then(|| start..(start + BATCH).min(self.tasks.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(types: &[(ResourceType, usize, usize)]) -> Queues {
        Queues::of(types.iter().flat_map(|&(of, tasks, rules)| std::iter::repeat_n((of, rules), tasks)))
    }

    #[test]
    fn one_thread_gets_every_task_once_and_the_largest_type_first() {
        let queues = of(&[(ResourceType::Role, 40, 2), (ResourceType::Bucket, 100, 20), (ResourceType::User, 1, 1)]);
        let mut got = Vec::new();
        queues.drain(&BTreeSet::new(), |task| got.push(task));
        assert_eq!(got.len(), 141);
        assert_eq!(got[0], 40, "a bucket comes first");
        got.sort_unstable();
        assert_eq!(got, (0..141).collect::<Vec<_>>());
        queues.drain(&BTreeSet::new(), |task| panic!("task {task} came twice"));
    }

    #[test]
    fn threads_share_large_types_and_miss_no_task() {
        let queues =
            of(&[(ResourceType::Bucket, 5_000, 30), (ResourceType::Role, 3_000, 10), (ResourceType::User, 7, 1)]);
        let done: Vec<AtomicUsize> = (0..8_007).map(|_| AtomicUsize::new(0)).collect();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    queues.drain(&BTreeSet::new(), |task| {
                        done[task].fetch_add(1, Ordering::Relaxed);
                    });
                });
            }
        });
        assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1));
    }

    #[test]
    fn a_second_thread_does_not_begin_a_small_type_that_another_has() {
        let queues = of(&[(ResourceType::Bucket, 100, 20)]);
        let mut first = Vec::new();
        let mut second = Vec::new();
        queues.drain(&BTreeSet::new(), |task| {
            first.push(task);
            if first.len() == 1 {
                queues.drain(&BTreeSet::new(), |task| second.push(task));
            }
        });
        assert_eq!((first.len(), second.len()), (100, 0));
        assert_eq!(queues.width(), 1);
    }

    #[test]
    fn a_thread_begins_with_what_it_has_compiled_and_helps_there_whatever_is_left() {
        let queues = of(&[(ResourceType::Bucket, 100, 20), (ResourceType::Role, 64, 2)]);
        let mut first = Vec::new();
        let mut second = Vec::new();
        queues.drain(&BTreeSet::from([ResourceType::Role]), |task| {
            first.push(task);
            if first.len() == 1 {
                queues.drain(&BTreeSet::from([ResourceType::Role]), |task| second.push(task));
            }
        });
        assert_eq!(first.iter().min(), Some(&100), "roles come first, and the buckets are another's");
        assert_eq!((first.len(), second.len()), (32, 132));
    }
}
