"""From the commit of a job to its start in an idle worker, beside what LISTEN and NOTIFY take."""
