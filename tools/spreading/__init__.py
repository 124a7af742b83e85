"""What tools/spread is made of: jobs, and the engines that run them.

An engine is a module of this folder, and a line of tools/spread's ENGINES. SPREAD
names it, and behind a colon gives it words of its own. It has:

    USAGE       how it is asked for and where its jobs run: two texts for --help
    Engine(words, workers, place)
                `words` is what stands behind the colon, "" without one; `workers` is
                -j, None: as many as the engine thinks right; `place` is a jobs.Place,
                whose folder is for scripts and logs that all machines see.
                Raises ValueError (the words are wrong, status 64) and jobs.Unable
                (it cannot run here: what is missing, and what to do next). Whatever
                must hold for all jobs is looked at here, before the first one runs.
    run(jobs, finished)
                runs each of the jobs once, in any order, and returns when all have
                ended or are lost. It is called a second time for those that failed,
                so it may leave out machines that it has lost by then. When a job has
                ended it calls finished(job, good), at most once, from any thread; a
                job that it does not call it for has failed. Good is a job whose
                result is there (job.is_done()), and nothing else is: what an engine
                says of its jobs is not believed. Why one failed goes to job.said, in
                a few words ("node2: signal 9"), which the list of failures prints.
    close()     ends what still runs, on all machines, as well as what that has
                started, and returns when it is gone, or says on stderr which may not
                be. It is called once at the end, and after a KeyboardInterrupt
                (Ctrl-C, SIGTERM, SIGHUP), which run() lets through.

How a job is run is one of these, and both come to tools/spread-job:

    job.argv()              on this machine, from the current folder
    place.runner(jobs)      a file, and words for a shell before the number of a
                            job: on each machine that sees the folder

The second has a list of its own in the folder, so that nothing of a job's command
or of its result's name goes through a queue, a remote shell or a command line.
"""
