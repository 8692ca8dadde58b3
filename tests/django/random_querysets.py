def run(options, wanted): return 0,0
