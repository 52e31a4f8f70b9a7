//! Every metric: name, help, labels, value.
