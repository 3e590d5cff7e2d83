(* SPDX-License-Identifier: BSL-1.0 *)
(** The election of a select: what its cases offer is taken by one counterparty, or kept by itself, and its frame dies only
    when nobody touches it any more. The program is waiter and wait_list::take of sluice/detail/waiter.hpp, for a waiter with an
    election; select.v has what uses it.

    The bell is sluice/detail/bell.hpp's, for a thread; a task that parks, and a coroutine, are not here.
    A wait returns at once, which it may, and a wake-up does nothing; so nothing is said of whether a sleeper wakes. A wait with
    a deadline may end at any time. Frames are freed: a program that touched a dead one would be stuck. *)
From iris.algebra Require Import auth.
From iris.base_logic.lib Require Import invariants cancelable_invariants ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Export futex_lock wait_list.

(** ** Program *)
Notation winner_of w := (w +ₗ #0)%E.
Notation bell_of w := (w +ₗ #1)%E.
Notation undecided := (-1)%Z. Notation gave_up := (-2)%Z.
Notation silent := 0%Z. Notation asleep := 1%Z. Notation rung := 2%Z.

Definition new_waiter : val := λ: <>, let: "w" := AllocN #2 #undecided in bell_of "w" <- #silent;; "w".
Definition end_waiter : val := λ: "w", Free (winner_of "w");; Free (bell_of "w").
Definition elect : val := λ: "w" "who",
  Snd (CmpXchg (winner_of "w") #undecided "who").           (*@ elect compare_exchange_strong#1 relaxed/relaxed *)
Definition winner : val := λ: "w", !(winner_of "w").                 (*@ winner load#1 relaxed *)
Definition has_rung : val := λ: "w", !(bell_of "w") = #rung.        (*@ has_rung load#1 acquire *)
Definition wait : val := rec: "wait" "w" :=
  (if: nondet_bool #() then #() else
   CmpXchg (bell_of "w") #silent #asleep;; #());;            (*@ wait compare_exchange_weak#1 relaxed/relaxed *)
  if: has_rung "w" then #true else
  if: has_rung "w" then #true else
  if: nondet_bool #() then #false else "wait" "w".
Definition wait_for_ever : val := rec: "again" "w" := if: wait "w" then #() else "again" "w".

Definition new_node : val := λ: "w" "i" "e",
  let: "n" := AllocN #4 #false in fixed_of "n" <- ("w", "i", "e");; previous_of "n" <- NONEV;; "n".
Definition end_node : val := λ: "n",
  Free (fixed_of "n");; Free (next_of "n");; Free (previous_of "n");; Free (served_of "n").
Notation owner f := (Fst (Fst f)).
Notation index f := (Snd (Fst f)).
Notation element f := (Snd f).

Definition claim : val := λ: "n", let: "f" := !(fixed_of "n") in elect (owner "f") (index "f").
Definition ring : val := λ: "n", let: "f" := !(fixed_of "n") in
  Xchg (bell_of (owner "f")) #rung;; #().                            (*@ ring exchange#1 release *)
Definition take_from : val := rec: "look" "l" "self" "p" :=
  match: "p" with
    NONE => NONE
  | SOME "n" =>
      let: "after" := !(next_of "n") in
      if: owner (!(fixed_of "n")) = "self" then "look" "l" "self" "after" else
      unlink "l" "n";;
      if: claim "n" then SOME "n" else "look" "l" "self" "after"
  end.
Definition take : val := λ: "l" "self", take_from "l" "self" !(first_of "l").

(*@ of primitives/sluice/select.hpp primitives/sluice/detail/waiter.hpp primitives/sluice/detail/bell.hpp
    path fires: elect compare_exchange_strong#1, ring exchange#1
    path sleeps: wait compare_exchange_weak#1, has_rung load#1, has_rung load#1, winner load#1 *)

(** ** Ghost state *)
Definition lined : Type := loc * (gname * Qp * loc).   (* a node; its waiter's ghost, its share in that waiter's frame, its waiter *)
Class waitG Σ := WaitG {
  wait_lock :> lockG Σ;
  wait_cinv :> cinvG Σ;
  wait_nodes :> ghost_mapG Σ loc (gname * Qp * loc);
  wait_holder :> ghost_varG Σ (option loc);
  wait_content :> ghost_varG Σ (list val * bool);
  wait_index :> ghost_mapG Σ nat (loc * Qp);
  wait_phase :> ghost_varG Σ (option (list (loc * Qp)));
  wait_claim :> ghost_varG Σ (list (loc * Qp) * nat) }.
Definition waitΣ : gFunctors := #[lockΣ; cinvΣ; ghost_mapΣ loc (gname * Qp * loc); ghost_mapΣ nat (loc * Qp); ghost_varΣ (option loc); ghost_varΣ (list val * bool);
  ghost_varΣ (option (list (loc * Qp))); ghost_varΣ (list (loc * Qp) * nat)].
Global Instance subG_waitΣ {Σ} : subG waitΣ Σ → waitG Σ. Proof. solve_inG. Qed.

(** a channel: its places in memory, and its ghosts; true is the side of pushes *)
Record chan := Chan { c_lock : loc; c_closed : loc; c_line : bool → loc; γl : gname; γh : gname; γn : bool → gname; γc : gname }.
Definition chan_value (c : chan) : val := ((#(c_lock c), #(c_closed c)), (#(c_line c true), #(c_line c false))).

Lemma three_quarters : ¬ (3/4 + 1/2 ≤ 1)%Qp.
Proof. replace (3/4 + 1/2)%Qp with (1 + 1/4)%Qp; [apply Qp.not_add_le_l|apply (bool_decide_unpack _); by compute]. Qed.

Section waiter.
  Context `{!heapGS Σ, !waitG Σ} (N : namespace).
  Implicit Types (c : chan) (n w : loc) (i : nat) (x : loc * Qp) (y : lined) (K L P : list lined) (ns : list (loc * Qp)).
  Notation E := (⊤ ∖ ↑N).

  (** the abstract state: a FIFO, and whether it is closed; half of it is the client's *)
  Definition content c (xs : list val) (m : bool) : iProp Σ := ghost_var (γc c) (1/2) (xs, m).

  (** whose select holds the lock; half of it is in the hand of whoever holds the lock *)
  Definition holder c (o : option loc) : iProp Σ := ghost_var (γh c) (1/2) o.
  Definition who (o : option loc) : val := match o with Some w => #w | None => #() end.

  (** A case: what it does where, and what the one who wants it gets: fires when it was served, with the element that it
      popped; refused when the channel was found closed. *)
  Record case := Case {
    on : chan; pushes : bool; place_of : loc; given : val; fires : val → iProp Σ; refused : iProp Σ }.
  Implicit Types (κ : case) (κs : list case).
  Definition commit κ : iProp Σ :=
    (if pushes κ then
      (∀ xs, content (on κ) xs false ={E}=∗ content (on κ) (xs ++ [given κ]) false ∗ fires κ #()) ∧
      (∀ xs, content (on κ) xs true ={E}=∗ content (on κ) xs true ∗ refused κ)
    else
      (∀ v xs m, content (on κ) (v :: xs) m ={E}=∗ content (on κ) xs m ∗ fires κ v) ∧
      (content (on κ) [] true ={E}=∗ content (on κ) [] true ∗ refused κ))%I.
  (** What a select may do, once: this is one resource, and not one for each case. *)
  Definition offer κs : iProp Σ := ∀ i κ, ⌜κs !! i = Some κ⌝ -∗ commit κ.
  Definition holds κ : iProp Σ := (if pushes κ then place_of κ ↦ given κ else ∃ v, place_of κ ↦ v)%I.
  Definition outcome κ (ok : bool) : iProp Σ :=
    ∃ v, place_of κ ↦ v ∗ if ok then (if pushes κ then fires κ #() else fires κ v) else refused κ.

  (** ** A waiter *)
  Record waiter := Waiter { at_ : loc; γw : gname; γp : gname; γt : gname; γi : gname; cases : list case; gates : list chan }.
  Implicit Types (W : waiter).
  Definition stays W (κ : case) x : iProp Σ := x.1 ↪[γn (on κ) (pushes κ)] (γw W, x.2, at_ W) ∗ holds κ.
  Definition numbered W i x : iProp Σ := i ↪[γi W]□ x.
  Definition all_stay W ns : iProp Σ := [∗ list] i ↦ κ;x ∈ cases W;ns, numbered W i x ∗ stays W κ x.
  Definition others_stay W ns i : iProp Σ :=
    [∗ list] k ↦ κ;x ∈ cases W;ns, if decide (k = i) then emp else numbered W k x ∗ stays W κ x.
  Definition result W ns i : iProp Σ :=
    ∃ κ x (ok : bool) f, ⌜cases W !! i = Some κ ∧ ns !! i = Some x⌝ ∗ outcome κ ok ∗ cinv_own (γw W) x.2 ∗
      alone x.1 ∗ (x.1 +ₗ 0) ↦ f ∗ (x.1 +ₗ 3) ↦ #ok.

  Definition unclaimed W : iProp Σ := ∃ u : list (loc * Qp) * nat, ghost_var (γt W) 1 u.

  Definition waiter_inv W : iProp Σ :=
    ∃ (z b : Z), (at_ W +ₗ 0) ↦ #z ∗ (at_ W +ₗ 1) ↦ #b ∗
    ( (* its owner holds the locks of all its channels *)
      (⌜z = undecided ∧ b ≠ rung⌝ ∗ ghost_var (γp W) (1/2) (@None (list (loc * Qp))) ∗ unclaimed W ∗
        [∗ list] c ∈ gates W, holder c (Some (at_ W))) ∨
      (* in line *)
      (∃ ns, ⌜z = undecided ∧ b ≠ rung⌝ ∗ ghost_var (γp W) (1/2) (Some ns) ∗ unclaimed W ∗
        offer (cases W) ∗ all_stay W ns) ∨
      (* claimed *)
      (∃ ns i, ⌜z = i ∧ b ≠ rung⌝ ∗ ghost_var (γp W) (1/2) (Some ns) ∗ ghost_var (γt W) (1/2) (ns, i) ∗
        others_stay W ns i) ∨
      (* rung *)
      (∃ ns i, ⌜z = i ∧ b = rung⌝ ∗ ghost_var (γp W) (1/2) (Some ns) ∗ unclaimed W ∗
        others_stay W ns i ∗ result W ns i) ∨
      (* over: given up, or the owner knows what was served *)
      (∃ (u : list (loc * Qp) * nat) (q : Qp), ⌜z ≠ undecided ∧ (q = 1%Qp ∨ q = (3/4)%Qp ∧ z = u.2)⌝ ∗
        (∃ p : option (list (loc * Qp)), ghost_var (γp W) 1 p) ∗ ghost_var (γt W) q u)).
  Definition is_waiter W : iProp Σ :=
    ⌜∀ κ, κ ∈ cases W → on κ ∈ gates W⌝ ∗ cinv (N .@ "waiter") (γw W) (waiter_inv W).

  (** ** A channel's line *)
  Definition place c (side : bool) y : iProp Σ :=
    ∃ W i κ q, ⌜cases W !! i = Some κ ∧ on κ = c ∧ pushes κ = side ∧ y.2 = (γw W, q, at_ W)⌝ ∗ is_waiter W ∗
      cinv_own (γw W) q ∗ numbered W i (y.1, q) ∗
      (y.1 +ₗ 0) ↦ ((#(at_ W), #i), #(place_of κ)) ∗ (y.1 +ₗ 3) ↦ #false.
  Definition registered (γ : gname) K : iProp Σ := ⌜NoDup K.*1⌝ ∗ ghost_map_auth γ 1 (list_to_map K : gmap loc (gname * Qp * loc)).
  Global Instance unclaimed_timeless W : Timeless (unclaimed W). Proof. apply _. Qed.
  Lemma unclaimed_claimed W (u : list (loc * Qp) * nat) : unclaimed W -∗ ghost_var (γt W) (1/2) u -∗ False.
  Proof.
    iDestruct 1 as (u') "H". iIntros "H'". iDestruct (ghost_var_valid_2 with "H H'") as %[Hv _].
    by destruct (Qp.not_add_le_l 1 (1/2)).
  Qed.
  (** in line; and left there for its owner by whoever claimed in vain *)
  Definition parties c side L P : iProp Σ :=
    registered (γn c side) (L ++ P) ∗ line (c_line c side) L.*1 ∗
    ([∗ list] y ∈ L, place c side y) ∗ [∗ list] y ∈ P, place c side y ∗ alone y.1.

  Lemma registered_perm γ K K' : K ≡ₚ K' → registered γ K -∗ registered γ K'.
  Proof.
    iIntros (HK) "[%Hd H]". rewrite /registered (list_to_map_proper K K') //. iFrame. iPureIntro. by rewrite -HK.
  Qed.
  Lemma registered_lookup γ K n u : registered γ K -∗ n ↪[γ] u -∗ ⌜(n, u) ∈ K⌝.
  Proof.
    iIntros "[_ H] Hn". iDestruct (ghost_map_lookup with "H Hn") as %?. iPureIntro. by apply elem_of_list_to_map_2.
  Qed.
  Lemma registered_insert γ K n u : n ∉ K.*1 → registered γ K ==∗ registered γ ((n, u) :: K) ∗ n ↪[γ] u.
  Proof.
    iIntros (Hn) "[%Hd H]". iMod (ghost_map_insert n u with "H") as "[H $]"; first by apply not_elem_of_list_to_map.
    iModIntro. iFrame. iPureIntro. by constructor.
  Qed.
  Lemma registered_delete γ K n u : registered γ ((n, u) :: K) -∗ n ↪[γ] u ==∗ registered γ K.
  Proof.
    iIntros "[%Hd H] Hn". iMod (ghost_map_delete with "H Hn") as "H". iModIntro. inversion_clear Hd.
    rewrite /registered /= delete_insert; [by iFrame|by apply not_elem_of_list_to_map].
  Qed.

  Lemma unlink_party c side A y B P :
    {{{ parties c side (A ++ y :: B) P }}} unlink #(c_line c side) #y.1 {{{ RET #(); parties c side (A ++ B) (y :: P) }}}.
  Proof.
    iIntros (Φ) "(Hr & Hl & HL & HP) HΦ". rewrite fmap_app fmap_cons. wp_apply (unlink_spec with "Hl"). iIntros "[Hl Ha]".
    rewrite big_sepL_app big_sepL_cons. iDestruct "HL" as "(HA & Hy & HB)". iApply "HΦ".
    iSplitL "Hr"; first (iApply (registered_perm with "Hr"); solve_Permutation).
    rewrite fmap_app big_sepL_cons big_sepL_app. iFrame.
  Qed.
  (** ** Claims *)
  (** what who claimed a node owes its owner *)
  Definition claimed c side n : iProp Σ :=
    ∃ W ns i κ q, ⌜cases W !! i = Some κ ∧ on κ = c ∧ pushes κ = side ∧ ns !! i = Some (n, q)⌝ ∗
      is_waiter W ∗ cinv_own (γw W) q ∗ ghost_var (γt W) (1/2) (ns, i) ∗ commit κ ∗ holds κ ∗
      alone n ∗ (n +ₗ 0) ↦ ((#(at_ W), #i), #(place_of κ)) ∗ (n +ₗ 3) ↦ #false.
  (** and what it owes once the element was moved: no more than the ring *)
  Definition to_ring n : iProp Σ :=
    ∃ W ns i κ q (ok : bool), ⌜cases W !! i = Some κ ∧ ns !! i = Some (n, q)⌝ ∗
      is_waiter W ∗ cinv_own (γw W) q ∗ ghost_var (γt W) (1/2) (ns, i) ∗ outcome κ ok ∗
      alone n ∗ (n +ₗ 0) ↦ ((#(at_ W), #i), #(place_of κ)) ∗ (n +ₗ 3) ↦ #ok.

  Lemma claim_spec c side y L P o :
    o ≠ Some y.2.2 →
    {{{ holder c o ∗ parties c side L (y :: P) }}} claim #y.1
    {{{ b, RET #b; holder c o ∗ if b : bool then parties c side L P ∗ claimed c side y.1 else parties c side L (y :: P) }}}.
  Proof.
    iIntros (Ho Φ) "(Hlk & Hr & Hl & HL & HP) HΦ". rewrite big_sepL_cons. iDestruct "HP" as "[[Hy Ha] HP]".
    iDestruct "Hy" as (W i κ q (Hi & Hc & Hs & Hw)) "([%Hg #I] & Hq & #Hnum & Hf & Hsv)".
    destruct y as [n u]; simpl in *; subst; simpl in *.
    wp_lam. wp_load. wp_pures. wp_lam. wp_pures. wp_bind (CmpXchg _ _ _).
    iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (z b) "(>Hz & >Hb & [H|[H|[H|[H|H]]]])".
    - (* its owner holds the lock that we hold *)
      iDestruct "H" as "(_ & _ & _ & >Hls)".
      destruct (elem_of_list_lookup_1 _ _ (Hg κ (elem_of_list_lookup_2 _ _ _ Hi))) as [k Hk].
      iDestruct (big_sepL_lookup with "Hls") as "Hlk'"; first done. by iDestruct (ghost_var_agree with "Hlk Hlk'") as %?.
    - iDestruct "H" as (ns) "(>[-> %Hb] & >Hp & >Ht & Ho & Hst)". wp_cmpxchg_suc. iDestruct "Ht" as (u) "Ht".
      iDestruct (big_sepL2_length with "Hst") as %Hlen.
      destruct (lookup_lt_is_Some_2 ns i) as [x Hx]; first (rewrite -Hlen; by eapply lookup_lt_Some).
      rewrite /all_stay big_sepL2_delete //. iDestruct "Hst" as "[[Hn1 [Hn Hh]] Hst]".
      iDestruct (ghost_map_elem_agree with "Hnum Hn1") as %<-.
      iMod (ghost_var_update (ns, i) with "Ht") as "[Ht Ht']".
      iMod ("Hclose" with "[Hz Hb Hp Ht Hst]") as "_".
      { iNext. iExists i, b. iFrame. iRight. iRight. iLeft. iExists ns, i. by iFrame. }
      iModIntro. wp_pures. iDestruct (registered_perm _ _ ((n, (γw W, q, at_ W)) :: L ++ P) with "Hr") as "Hr"; first solve_Permutation.
      iMod (registered_delete with "Hr Hn") as "Hr". iApply "HΦ". iModIntro. iFrame "Hlk". iSplitL "Hr Hl HL HP"; first by iFrame.
      iExists W, ns, i, κ, q. iFrame. iSplit; first done. iFrame "I". iSplit; first done. by iApply "Ho".
    - iDestruct "H" as (ns i') "(>[-> %Hb] & H)". wp_cmpxchg_fail; first (intros [=]; lia).
      iMod ("Hclose" with "[Hz Hb H]") as "_".
      { iNext. iExists i', b. iFrame. iRight. iRight. iLeft. iExists ns, i'. by iFrame. }
      iModIntro. wp_pures. iApply "HΦ". iFrame. iExists W, i, κ, q. iFrame "# ∗". done.
    - iDestruct "H" as (ns i') "(>[-> %Hb] & H)". wp_cmpxchg_fail; first (intros [=]; lia).
      iMod ("Hclose" with "[Hz Hb H]") as "_".
      { iNext. iExists i', b. iFrame. iRight. iRight. iRight. iLeft. iExists ns, i'. by iFrame. }
      iModIntro. wp_pures. iApply "HΦ". iFrame. iExists W, i, κ, q. iFrame "# ∗". done.
    - iDestruct "H" as (u q') "(>[%Hz %Hb] & H)". wp_cmpxchg_fail.
      iMod ("Hclose" with "[Hz Hb H]") as "_".
      { iNext. iExists z, b. iFrame. iRight. iRight. iRight. iRight. iExists u, q'. by iFrame. }
      iModIntro. wp_pures. iApply "HΦ". iFrame. iExists W, i, κ, q. iFrame "# ∗". done.
  Qed.

  Lemma ring_spec n : {{{ to_ring n }}} ring #n {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "H HΦ". iDestruct "H" as (W ns i κ q ok [Hi Hx]) "([%Hg #I] & Hq & Ht & Ho & Ha & Hf & Hsv)".
    wp_lam. wp_load. wp_pures. wp_bind (Xchg _ _). iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (z b) "(>Hz & >Hb & [H|[H|[H|[H|H]]]])".
    1: iDestruct "H" as "(_ & _ & >Ht' & _)".
    2: iDestruct "H" as (ns') "(_ & _ & >Ht' & _)".
    4: iDestruct "H" as (ns' i') "(_ & _ & >Ht' & _)".
    5: iDestruct "H" as (u q') "(>[_ %Hq] & _ & >Ht')"; iDestruct (ghost_var_valid_2 with "Ht' Ht") as %[Hv _].
    5: by destruct Hq as [->|[-> _]]; [destruct (Qp.not_add_le_l 1 (1/2))|destruct three_quarters].
    1, 2, 4: by iDestruct (unclaimed_claimed with "Ht' Ht") as %[].
    iDestruct "H" as (ns' i') "(>[-> %Hb] & >Hp & >Ht' & Hst)". iDestruct (ghost_var_agree with "Ht Ht'") as %[= <- <-].
    wp_xchg. iCombine "Ht Ht'" as "Ht".
    iMod ("Hclose" with "[-HΦ]") as "_".
    { iNext. iExists i, rung. iFrame. iRight. iRight. iRight. iLeft. iExists ns, i. iFrame. iSplit; first done.
      iSplitL "Ht"; first by iExists _. iExists κ, (n, q), ok, _. by iFrame. }
    iModIntro. wp_pures. by iApply "HΦ".
  Qed.

  Lemma take_from_spec c side A B P o (p : option loc) :
    p = front B.*1 None → (o = None → A = []) →
    {{{ holder c o ∗ parties c side (A ++ B) P }}} take_from #(c_line c side) (who o) (ptr p)
    {{{ r L' P', RET (ptr r); holder c o ∗ parties c side L' P' ∗ ⌜A ++ B = [] → L' = [] ∧ r = None⌝ ∗
        if r is Some n then claimed c side n else ⌜o = None → L' = []⌝ }}}.
  Proof.
    iIntros (-> HA Φ) "[Hlk Hps] HΦ".
    iInduction B as [|y B] "IH" forall (A P HA); wp_rec; wp_pures.
    { iApply ("HΦ" $! None (A ++ []) P). iFrame. rewrite app_nil_r. iPureIntro. naive_solver. }
    iDestruct "Hps" as "(Hr & Hl & HL & HP)". rewrite fmap_app fmap_cons. iDestruct (line_next with "Hl") as "[Hn Hl]".
    wp_load. iDestruct ("Hl" with "Hn") as "Hl". wp_pures. rewrite big_sepL_app big_sepL_cons. iDestruct "HL" as "(HA & Hy & HB)".
    iDestruct "Hy" as (W i κ q Hy) "(#I & Hq & #Hnum & Hf & Hsv)". wp_load. wp_pures.
    iAssert (parties c side (A ++ y :: B) P) with "[Hr Hl HP HA HB Hq Hf Hsv]" as "Hps".
    { rewrite /parties fmap_app fmap_cons big_sepL_app big_sepL_cons. iFrame. iExists W, i, κ, q. by iFrame "# ∗". }
    case_bool_decide as Hself; wp_pures.
    - (* a select does not meet itself *)
      iEval (change (A ++ y :: B) with (A ++ [y] ++ B)) in "Hps". rewrite (app_assoc A [y] B).
      iApply ("IH" with "[] Hlk Hps").
      { iPureIntro. by intros ->. }
      iIntros "!>" (r L' P') "(Hlk & Hps & %Hl & Hr)". iApply "HΦ". iFrame. iPureIntro. intros Hnil. by destruct A.
    - wp_apply (unlink_party with "Hps"). iIntros "Hps". wp_pures. wp_apply (claim_spec with "[$Hlk $Hps]").
      { destruct Hy as (_ & _ & _ & ->). by intros ->. }
      iIntros ([]) "[Hlk Hps]"; wp_pures.
      + iDestruct "Hps" as "[Hps Hc]". iApply ("HΦ" $! (Some y.1)). iFrame. iPureIntro. intros Hnil. by destruct A.
      + iApply ("IH" with "[//] Hlk Hps"). iIntros "!>" (r L' P') "(Hlk & Hps & %Hl & Hr)". iApply "HΦ". iFrame.
        iPureIntro. intros Hnil. by destruct A.
  Qed.
  Lemma take_spec c side L P o :
    {{{ holder c o ∗ parties c side L P }}} take #(c_line c side) (who o)
    {{{ r L' P', RET (ptr r); holder c o ∗ parties c side L' P' ∗ ⌜L = [] → L' = [] ∧ r = None⌝ ∗
        if r is Some n then claimed c side n else ⌜o = None → L' = []⌝ }}}.
  Proof.
    iIntros (Φ) "[Hlk (Hr & (H0 & H1 & Hs) & HL & HP)] HΦ". wp_lam. wp_pures. wp_load.
    wp_apply (take_from_spec c side [] L P with "[$Hlk Hr H0 H1 Hs HL HP]"); [done..|by iFrame|]. done.
  Qed.
End waiter.
