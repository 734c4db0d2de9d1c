// What a team of threads shares loops with; `accel/team.py` says what the words of its memory are.
// `%team` is the address of the turn, `%own` that of a member's words.

// Go to the next shared loop: the leader opens it for all, the others wait until it is open.
func.func private @team_begin(%team: i64, %own: i64, %leads: i1) attributes {llvm.no_inline} {
  %one = arith.constant 1 : i64
  %bits = arith.constant 32 : i64
  %to_loops = arith.constant LOOPS : i64
  %at_loops = arith.addi %own, %to_loops : i64
  %loops = llvm.inttoptr %at_loops : i64 to !llvm.ptr
  %before = llvm.load %loops : !llvm.ptr -> i64
  %loop = arith.addi %before, %one : i64
  llvm.store %loop, %loops : i64, !llvm.ptr
  %open = arith.shli %loop, %bits : i64
  scf.if %leads {
    %zero = arith.constant 0 : i64
    %to_finished = arith.constant FINISHED : i64
    %to_size = arith.constant SIZE : i64
    %to_leader = arith.constant LEADER : i64
    %member_bytes = arith.constant MEMBER_BYTES : i64
    %at_finished = arith.addi %team, %to_finished : i64
    %at_size = arith.addi %team, %to_size : i64
    %turn = llvm.inttoptr %team : i64 to !llvm.ptr
    %finished = llvm.inttoptr %at_finished : i64 to !llvm.ptr
    %size_word = llvm.inttoptr %at_size : i64 to !llvm.ptr
    llvm.store %zero, %finished atomic release {alignment = 8 : i64} : i64, !llvm.ptr
    %ignored = llvm.atomicrmw xchg %turn, %open seq_cst : !llvm.ptr, i64
    %size = llvm.load %size_word : !llvm.ptr -> i64
    %leader = arith.addi %team, %to_leader : i64
    %first = arith.addi %leader, %member_bytes : i64
    %length = arith.muli %size, %member_bytes : i64
    %end = arith.addi %leader, %length : i64
    scf.for %member = %first to %end step %member_bytes : i64 {
      func.call @team_wake(%member) : (i64) -> ()
    }
  } else {
    func.call @team_wait(%own, %team, %open) : (i64, i64, i64) -> ()
  }
  return
}

// The number of a step of this loop that nobody has taken yet, or -1.
func.func private @team_take(%team: i64, %own: i64, %steps: i64) -> i64 attributes {llvm.no_inline} {
  %none = arith.constant -1 : i64
  %one = arith.constant 1 : i64
  %bits = arith.constant 32 : i64
  %to_loops = arith.constant LOOPS : i64
  %at_loops = arith.addi %own, %to_loops : i64
  %loops = llvm.inttoptr %at_loops : i64 to !llvm.ptr
  %loop = llvm.load %loops : !llvm.ptr -> i64
  %first = arith.shli %loop, %bits : i64
  %end = arith.addi %first, %steps : i64
  %turn = llvm.inttoptr %team : i64 to !llvm.ptr
  %now = llvm.load %turn atomic acquire {alignment = 8 : i64} : !llvm.ptr -> i64
  %last, %taken = scf.while (%seen = %now) : (i64) -> (i64, i1) {
    %is_left = arith.cmpi ult, %seen, %end : i64
    %is_ours = arith.cmpi uge, %seen, %first : i64
    %may = arith.andi %is_left, %is_ours : i1
    %found, %success = scf.if %may -> (i64, i1) {
      %next = arith.addi %seen, %one : i64
      %pair = llvm.cmpxchg %turn, %seen, %next acq_rel acquire : !llvm.ptr, i64
      %old = llvm.extractvalue %pair[0] : !llvm.struct<(i64, i1)>
      %done = llvm.extractvalue %pair[1] : !llvm.struct<(i64, i1)>
      scf.yield %old, %done : i64, i1
    } else {
      %false = arith.constant false
      scf.yield %none, %false : i64, i1
    }
    %is_over = arith.cmpi eq, %found, %none : i64
    %is_settled = arith.ori %success, %is_over : i1
    %true = arith.constant true
    %again = arith.xori %is_settled, %true : i1
    scf.condition(%again) %found, %success : i64, i1
  } do {
  ^bb0(%found: i64, %success: i1):
    scf.yield %found : i64
  }
  %number = arith.subi %last, %first : i64
  %result = arith.select %taken, %number, %none : i64
  return %result : i64
}

// A step that was taken is done.
func.func private @team_finish(%team: i64) attributes {llvm.no_inline} {
  %one = arith.constant 1 : i64
  %to_finished = arith.constant FINISHED : i64
  %to_leader = arith.constant LEADER : i64
  %at_finished = arith.addi %team, %to_finished : i64
  %finished = llvm.inttoptr %at_finished : i64 to !llvm.ptr
  %ignored = llvm.atomicrmw add %finished, %one seq_cst : !llvm.ptr, i64
  %leader = arith.addi %team, %to_leader : i64
  func.call @team_wake(%leader) : (i64) -> ()
  return
}

// The leader goes on when all steps are done; the others may.
func.func private @team_end(%team: i64, %own: i64, %leads: i1, %steps: i64)
    attributes {llvm.no_inline} {
  scf.if %leads {
    %to_finished = arith.constant FINISHED : i64
    %at_finished = arith.addi %team, %to_finished : i64
    func.call @team_wait(%own, %at_finished, %steps) : (i64, i64, i64) -> ()
  }
  return
}

// Wait until a word is at least so large: watch it for some microseconds, then sleep, so that what
// else runs on this core, perhaps the one that is waited for, can go on.
func.func private @team_wait(%own: i64, %address: i64, %least: i64) attributes {llvm.no_inline} {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %patience = arith.constant PATIENCE : i64
  %word = llvm.inttoptr %address : i64 to !llvm.ptr
  scf.while (%watched = %zero) : (i64) -> i64 {
    %now = llvm.load %word atomic acquire {alignment = 8 : i64} : !llvm.ptr -> i64
    %waits = arith.cmpi ult, %now, %least : i64
    scf.condition(%waits) %watched : i64
  } do {
  ^bb0(%watched: i64):
    %is_patient = arith.cmpi ult, %watched, %patience : i64
    scf.if %is_patient {
    } else {
      func.call @team_sleep(%own, %address, %least) : (i64, i64, i64) -> ()
    }
    %longer = arith.addi %watched, %one : i64
    scf.yield %longer : i64
  }
  return
}

// Sleep until woken, unless the word is large enough when all can see that this member sleeps.
func.func private @team_sleep(%own: i64, %address: i64, %least: i64) attributes {llvm.no_inline} {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %to_semaphore = arith.constant SEMAPHORE : i64
  %word = llvm.inttoptr %address : i64 to !llvm.ptr
  %asleep = llvm.inttoptr %own : i64 to !llvm.ptr
  %ignored = llvm.atomicrmw xchg %asleep, %one seq_cst : !llvm.ptr, i64
  %now = llvm.load %word atomic seq_cst {alignment = 8 : i64} : !llvm.ptr -> i64
  %is_late = arith.cmpi uge, %now, %least : i64
  %must_sleep = scf.if %is_late -> i1 {
    %still = llvm.atomicrmw xchg %asleep, %zero seq_cst : !llvm.ptr, i64
    %is_woken = arith.cmpi eq, %still, %zero : i64  // the semaphore counts that, so take it
    scf.yield %is_woken : i1
  } else {
    %true = arith.constant true
    scf.yield %true : i1
  }
  scf.if %must_sleep {
    %semaphore = arith.addi %own, %to_semaphore : i64
    scf.while : () -> () {
      %failed = func.call @sem_wait(%semaphore) : (i64) -> i32
      %none = arith.constant 0 : i32
      %was_interrupted = arith.cmpi ne, %failed, %none : i32
      scf.condition(%was_interrupted)
    } do {
      scf.yield
    }
  }
  return
}

// Wake a member if it sleeps.
func.func private @team_wake(%own: i64) attributes {llvm.no_inline} {
  %zero = arith.constant 0 : i64
  %to_semaphore = arith.constant SEMAPHORE : i64
  %asleep = llvm.inttoptr %own : i64 to !llvm.ptr
  %now = llvm.load %asleep atomic seq_cst {alignment = 8 : i64} : !llvm.ptr -> i64
  %sleeps = arith.cmpi ne, %now, %zero : i64
  scf.if %sleeps {
    %still = llvm.atomicrmw xchg %asleep, %zero seq_cst : !llvm.ptr, i64
    %is_mine = arith.cmpi ne, %still, %zero : i64
    scf.if %is_mine {
      %semaphore = arith.addi %own, %to_semaphore : i64
      %ignored = func.call @sem_post(%semaphore) : (i64) -> i32
    }
  }
  return
}
func.func private @sem_wait(i64) -> i32
func.func private @sem_post(i64) -> i32
