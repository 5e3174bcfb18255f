"""One try of a job: the zygote that forks it and watches over it, and the child that runs the user's code."""
